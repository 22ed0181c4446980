import { makeKeySplit } from '#functions/infer/arm.ts'
import { MillraceError } from '#models/errors.ts'
import { topicName } from '#models/topics.ts'
import { makeArchiveReader } from '../replay/archive-reader.ts'
import { findThen } from '../replay/find-then.ts'
import { readSlice } from '../replay/slice.ts'
import { readThenRecord } from '../replay/then-record.ts'
import { type FeatureDifference, makeDifference } from './difference.ts'
import { findLookAhead, type LookAhead, type UnexplainedRow } from './look-ahead.ts'
import type { Knowledge, ParityOptions, ParityPorts } from './options.ts'
import { prepare } from './prepare.ts'
import { toPlace } from './recomputed.ts'

/** What became of the events of a slice, and how each feature differs. */
export interface ParityReport {
  readonly knowledge: Knowledge
  /** Events that arrived in the span, and those of the sample. */
  readonly events: number
  readonly sampled: number
  /** Rows whose features were compared, of which the same in all of them, and with a difference that nothing explains. */
  readonly compared: number
  readonly equalRows: number
  readonly unexplainedRows: number
  /** Predicted then, and refused now by the definition. */
  readonly refusedNow: number
  /** Not compared: no archived prediction, or one of another feature layout. */
  readonly notPredicted: number
  readonly otherLayout: number
  /** Not compared: what they had seen is no longer in the state table, or not in the archive. */
  readonly forgotten: number
  readonly notArchived: number
  /** How far labels were counted before their time, where that is what the unexplained differences look like. */
  readonly lookAhead: LookAhead | null
  readonly features: readonly FeatureDifference[]
}

/** Unexplained rows that are looked at for a look-ahead. */
const unexplainedAtMost = 10_000

/**
 * Makes the features of archived events again, and compares them with those that were logged with the predictions.
 *
 * @throws ARGUMENT_INVALID where nothing is archived or nothing can be compared; FILE_INVALID for an object that is cut
 * @example const { unexplainedRows } = await runParity({ pipeline, archive, state }, { fromMs, toMs, knowledge: 'exact', sampleRatio: 1, tolerance: 0, lagMs: 10_000 })
 */
export async function runParity(ports: ParityPorts, options: ParityOptions): Promise<ParityReport> {
  const { pipeline } = ports
  const { knowledge, sampleRatio, tolerance, onProgress, signal } = options
  const archive = makeArchiveReader(ports.archive)
  const topics = { events: topicName(pipeline.name, 'events'), predictions: topicName(pipeline.name, 'predictions') }
  const slice = await readSlice(archive, topics.events, options)
  const isSampled = makeKeySplit('parity', sampleRatio)
  const rows = slice.filter(row => isSampled(toPlace(row)))
  const found = await findThen(archive, topics, rows, options)
  const rowByPlace = new Map(rows.map((row, at) => [toPlace(row), at]))
  const difference = makeDifference(pipeline.features, tolerance)
  const counts = { refusedNow: 0, notPredicted: 0, otherLayout: 0, forgotten: 0, notArchived: 0 }
  const isSeen = new Array<boolean>(rows.length).fill(false)
  const unexplained: UnexplainedRow[] = []
  let done = 0

  const { plan, histories, recompute } = await prepare(ports, options, { archive, rows, found, rowByPlace })
  for await (const made of recompute(histories)) {
    if (signal?.aborted) throw new MillraceError('ARGUMENT_INVALID', `stopped after ${done} of ${rows.length} events`)
    const at = rowByPlace.get(toPlace(made))!
    isSeen[at] = true
    onProgress?.(++done, rows.length)
    const past = found[at] && readThenRecord(await archive.rowAt(found[at]))?.prediction
    if (!past) counts.notPredicted++
    else if (past.definition !== pipeline.definition) counts.otherLayout++
    else if (made.outcome === 'refused') counts.refusedNow++
    else if (made.outcome !== 'made') counts[made.outcome]++
    else {
      const { id, atMs, features, scoredAtMs } = past
      const { partition, offset, doubtful } = made
      const logged = { id, atMs, features, partition, offset }
      const places = difference.add(logged, made.features, () => doubtful?.(scoredAtMs) ?? new Set())
      if (places.length > 0 && unexplained.length < unexplainedAtMost) unexplained.push({ logged, places })
    }
  }
  found.forEach((past, at) => {
    if (!isSeen[at]) counts[past ? 'refusedNow' : 'notPredicted']++ // what cannot be read is no event to any window
  })
  const { rows: compared, ...differences } = difference.read()
  if (compared + counts.refusedNow === 0) throw nothingCompared(rows.length, counts)
  const lookAhead = plan && unexplained.length > 0 ? await findLookAhead(plan, { histories, rows: unexplained, recompute }) : undefined
  return { knowledge, events: slice.length, sampled: rows.length, compared, ...counts, lookAhead: lookAhead ?? null, ...differences }
}

function nothingCompared(
  sampled: number,
  { notPredicted, otherLayout, forgotten, notArchived }: Pick<ParityReport, 'notPredicted' | 'otherLayout' | 'forgotten' | 'notArchived'>,
): MillraceError {
  const reasons = [
    [notPredicted, 'have no archived prediction'],
    [otherLayout, 'were predicted by another feature layout'],
    [forgotten, 'are no longer in the state table: compare them with --knowledge event-time'],
    [notArchived, 'had seen records that are not in the archive yet: try again later'],
  ] as const
  const said = reasons.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`)
  const message = `none of ${sampled} events can be compared: ${said.join('; ') || 'the sample is empty, raise --sample'}`
  return new MillraceError('ARGUMENT_INVALID', message)
}
