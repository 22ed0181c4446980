import { MillraceError } from '#models/errors.ts'
import { makePhases } from '../phases.ts'
import { planTraining } from '../plan.ts'
import type { RetrainOutcome } from '../settle.ts'
import { settleRun } from './finish.ts'
import { toEngineInput } from './input.ts'
import { changeRuns, type EngineRun, type EngineRuns, readRuns, runKey } from './run.ts'
import type { TurnPorts } from './turn-ports.ts'

/** A run that is open for longer is given up: the engine ends its job long before (cdk/spark-engine.ts). */
const openAtMostMs = 86_400_000

/**
 * A turn of retrain where an engine outside of the function trains: it starts a job, or looks at the one that is open, and judges what it has left.
 *
 * Each turn does one of these, by what the runs' object says, so that it does not matter which turn died where: a job is claimed before it is
 * started, and started again under the same id it is the same job; what it leaves is judged until the run is closed, and a second time the same.
 * A turn that the engine's end calls (`isEnd`) starts nothing, or a job would follow the other for ever.
 *
 * @throws MillraceError ENGINE_FAILED where the job failed, BUNDLE_INVALID where its model is refused: the run is closed, the champion goes on
 */
export function makeEngineTurn(ports: TurnPorts, isEnd: boolean): () => Promise<RetrainOutcome> {
  return async () => {
    const { runs, etag } = await readRuns(ports.models, ports.pipeline.name)
    if (runs.open) return look(ports, { open: runs.open, etag })
    return isEnd ? { trained: false, reason: 'no training is open: another turn has judged it' } : start(ports, { runs, etag })
  }
}

/** Everything that the job needs is written before it is claimed, and it is claimed before it is started. */
async function start(
  ports: TurnPorts,
  { runs, etag }: { readonly runs: EngineRuns; readonly etag: string | null },
): Promise<RetrainOutcome> {
  const { pipeline, models, readRows, readQuery, nowMs } = ports
  const rows = await readRows()
  if ('unprepared' in rows) return { trained: false, reason: rows.unprepared }
  const plan = await planTraining(pipeline, models, rows)
  if (!plan.ok) return { trained: false, reason: plan.reason }
  const startedAtMs = nowMs()
  const id = new Date(startedAtMs).toISOString().replaceAll(/[-:.]/g, '')
  const splitMs = rows.atMs[plan.trainCount]
  const input = await toEngineInput(ports, rows, { runId: id, splitMs, queryText: await readQuery() })
  await models.put(runKey(pipeline.name, id, 'input.json'), Buffer.from(JSON.stringify(input)))
  const open = { id, jobId: null, startedAtMs, definition: pipeline.definition, splitMs }
  if (!(await changeRuns(models, pipeline.name, { ...runs, open }, etag))) {
    return { trained: false, reason: 'another turn has started a training in the same moment' }
  }
  const jobId = await startJob(ports, open)
  return { trained: false, reason: `job ${jobId} trains on ${input.objects.length} archive objects; it is judged when it has ended` }
}

/** Starts the job of a claimed run, or finds it where it was started, and keeps its name. */
async function startJob({ pipeline, models, engine }: TurnPorts, { id }: Pick<EngineRun, 'id'>): Promise<string> {
  const jobId = await engine.start({ id, inputKey: runKey(pipeline.name, id, 'input.json') })
  const { runs, etag } = await readRuns(models, pipeline.name)
  if (runs.open?.id === id) await changeRuns(models, pipeline.name, { ...runs, open: { ...runs.open, jobId } }, etag)
  return jobId
}

async function look(ports: TurnPorts, { open, etag }: { readonly open: EngineRun; readonly etag: string | null }): Promise<RetrainOutcome> {
  const { pipeline, models, engine, nowMs, clockMs, residentBytes } = ports
  if (open.jobId === null) {
    const jobId = await startJob(ports, open)
    return { trained: false, reason: `job ${jobId} was claimed by a turn that ended before it was started; it trains now` }
  }
  const { jobId } = open
  const close = (outcome: string) =>
    changeRuns(models, pipeline.name, { open: null, last: { id: open.id, jobId, endedAtMs: nowMs(), outcome } }, etag)
  const job = await engine.look(jobId)
  if (job.state === 'running') {
    if (nowMs() - open.startedAtMs <= openAtMostMs)
      return { trained: false, reason: `job ${jobId} trains since ${toTime(open.startedAtMs)}` }
    await close('given up after a day')
    throw new MillraceError(
      'ENGINE_FAILED',
      `job ${jobId} runs since ${toTime(open.startedAtMs)} and was given up; cancel it where it runs`,
    )
  }
  if (job.state === 'failed') {
    await close(`failed: ${job.reason}`)
    throw new MillraceError(
      'ENGINE_FAILED',
      `job ${jobId} failed: ${job.reason}; the champion goes on, the next turn starts a training anew`,
    )
  }
  if (open.definition !== pipeline.definition) {
    const reason = `job ${jobId} trained for definition ${open.definition}, this one is ${pipeline.definition}`
    await close(reason)
    return { trained: false, reason }
  }
  try {
    const outcome = await settleRun(ports, open, makePhases(clockMs, residentBytes))
    if (outcome.trained) await close(outcome.reason)
    return outcome
  } catch (error) {
    const isRefused = error instanceof MillraceError && ['ENGINE_FAILED', 'BUNDLE_INVALID', 'TRAINING_IMPOSSIBLE'].includes(error.code)
    if (isRefused) await close(`refused: ${error.message}`)
    throw error // broken plumbing leaves the run open: the next turn judges it
  }
}

const toTime = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`
