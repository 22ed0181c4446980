import { MillraceError } from '#models/errors.ts'
import { findExternalTensors } from '#models/onnx/external-tensors.ts'
import { toForeignBundle } from '../../bundles/foreign.ts'
import type { Bundle } from '../../bundles/registry.ts'
import { readPointer } from '../../bundles/registry.ts'
import { toVersion } from '../bundle.ts'
import type { Judgeable } from '../candidate.ts'
import type { Phases } from '../phases.ts'
import { type RetrainOutcome, settle } from '../settle.ts'
import { measureCandidate } from './candidate.ts'
import { type EngineModels, readEngineModels } from './result.ts'
import type { EngineRun } from './run.ts'
import type { TurnPorts } from './turn-ports.ts'

/**
 * Proves what a job has left as a model of anybody else's is proved, measures it on the rows that it has not seen, and lets the gate decide.
 *
 * @throws MillraceError ENGINE_FAILED or BUNDLE_INVALID where the model is not whole or not what it says
 */
export async function settleRun(ports: TurnPorts, run: EngineRun, phases: Phases): Promise<RetrainOutcome> {
  const { pipeline, models, readRows, load } = ports
  const left = await readEngineModels(models, pipeline.name, run.id)
  const manifest = Buffer.from(JSON.stringify(left.result.manifest))
  const proved = await toForeignBundle(ports, { onnx: left.model, manifest })
  if (findExternalTensors(left.measured).length > 0)
    throw new MillraceError('BUNDLE_INVALID', 'measured.onnx keeps tensors in another file')
  phases.end('prove the model')
  const rows = await readRows()
  if ('unprepared' in rows) return { trained: false, reason: rows.unprepared }
  phases.end('read rows')
  const session = await load(left.measured, proved.manifest.tensors)
  try {
    const candidate = await measureCandidate(pipeline, rows, run.splitMs, { result: left.result, bundle: proved, session })
    phases.end('measure the candidate')
    const parent = (await readPointer(models, pipeline.name)).champion?.version ?? null
    return await settle(ports, rows, candidate, { bundle: toBundle(proved, left, candidate, parent), phases })
  } finally {
    await session.release()
  }
}

/** The bundle of a model of anybody else's, with what was measured here. */
function toBundle({ onnx, manifest }: Bundle, { result }: EngineModels, { contenders, served }: Judgeable, parent: string | null): Bundle {
  const [{ kind, holdout }] = contenders
  const { rowCount, fromMs, toMs } = result.learnt
  return {
    onnx,
    manifest: {
      ...manifest,
      version: toVersion(served.trainedOn.toMs, manifest.sha256),
      training: served.trainedOn,
      holdout,
      ...(served.isRefit ? { measured: { rowCount, fromMs, toMs } } : {}),
      contenders: [{ trainer: kind, holdout, trainMs: result.trainMs }],
      parent,
    },
  }
}
