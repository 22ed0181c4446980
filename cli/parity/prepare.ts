import { hourMs } from '#functions/archived/hours.ts'
import { decodeEvent } from '#functions/features/decode-event.ts'
import { toVector } from '#functions/features/to-features.ts'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import { type ArchiveReader, toKafkaRecord } from '../replay/archive-reader.ts'
import type { Then } from '../replay/find-then.ts'
import type { SliceRow } from '../replay/slice.ts'
import { loadHistories, type PartitionHistory } from './history.ts'
import type { ParityOptions, ParityPorts } from './options.ts'
import { recomputeByEventTime } from './recompute-event-time.ts'
import { recomputeExactly } from './recompute-exact.ts'
import { type Recomputed, toPlace } from './recomputed.ts'
import { makeStateLog } from './state-log.ts'

/** Clocks of the machines that write differ. */
const clockSkewMs = hourMs
/** How long after a prediction a label that it should have seen is still looked for. */
const labelsLateMs = 24 * hourMs

/** The events whose features are wanted, and what was predicted for each then. */
export interface Slice {
  readonly archive: ArchiveReader
  readonly rows: readonly SliceRow[]
  readonly found: readonly (Then | undefined)[]
  readonly rowByPlace: ReadonlyMap<string, number>
}

/** What windows are filled from, and how features are made again of it. */
export interface Prepared {
  readonly plan: WindowPlan | undefined
  readonly histories: readonly PartitionHistory[]
  recompute(histories: readonly PartitionHistory[]): AsyncIterable<Recomputed> | Iterable<Recomputed>
}

/** Reads all that features are made from, before any is compared. */
export async function prepare(
  { pipeline, state }: ParityPorts,
  { fromMs, toMs, knowledge, lagMs, historyMs }: ParityOptions,
  { archive, rows, found, rowByPlace }: Slice,
): Promise<Prepared> {
  const plan = pipeline.windows
  if (!plan) return { plan, histories: [], recompute: () => recomputeAlone(pipeline, archive, rows) }
  const scoredAtMs = found.reduce((latest, past) => Math.max(latest, past?.scoredAtMs ?? 0), toMs)
  const span = {
    fromMs: fromMs - (historyMs ?? plan.retainMs + clockSkewMs),
    toMs: scoredAtMs + (knowledge === 'exact' ? clockSkewMs : labelsLateMs),
  }
  const isWanted = (partition: number, offset: number) => rowByPlace.has(toPlace({ partition, offset }))
  const histories = await loadHistories(archive, pipeline, { plan, span, isWanted })
  if (knowledge === 'event-time') {
    return { plan, histories, recompute: histories => recomputeByEventTime({ pipeline, plan, histories, lagMs }) }
  }
  if (!state) throw new MillraceError('ARGUMENT_INVALID', 'exact needs the state table; name it, or compare by event time')
  const log = makeStateLog(state, plan)
  return { plan, histories, recompute: histories => recomputeExactly({ pipeline, plan, histories, log }) }
}

/** Features that hang on the event alone. */
async function* recomputeAlone(pipeline: Pipeline, archive: ArchiveReader, rows: readonly SliceRow[]): AsyncGenerator<Recomputed> {
  for (const row of rows) {
    const { partition, offset } = row
    const record = toKafkaRecord(topicName(pipeline.name, 'events'), await archive.rowAt(row))
    const event = decodeEvent(pipeline, record)
    const made = event.ok ? toVector(pipeline, event.value) : event
    yield made.ok ? { partition, offset, outcome: 'made', features: made.value } : { partition, offset, outcome: 'refused' }
  }
}
