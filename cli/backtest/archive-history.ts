import { hourMs, type Span } from '#functions/archived/hours.ts'
import { decodeJson } from '#functions/decode.ts'
import { decodeEvent } from '#functions/features/decode-event.ts'
import { decodeOp } from '#functions/features/decode-op.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { type ArchiveReader, toKafkaRecord } from '../replay/archive-reader.ts'
import { eachRow } from '../replay/slice.ts'
import { type History, type HistoryEntry, type KnownLabel, readLabel } from './history.ts'
import { fedInputs } from './input-feed.ts'
import { countInTime, type InputEntry, type InputHistory } from './input-history.ts'
import { makeReasons } from './reasons.ts'

/** How long after its own time a record may have reached Kafka and is still found; clocks may also be ahead by an hour. */
const lateMs = 24 * hourMs
const aheadMs = hourMs

const noLabel = { label: undefined, target: Number.NaN, labelAtMs: Number.NaN }

/**
 * Reads events of a span of event time from the archive, each with the last label of its id. All of it is in memory, a few hundred bytes a
 * record, for it is sorted by event time.
 *
 * @throws ARGUMENT_INVALID where no event of the span is archived
 */
export async function readArchivedHistory(archive: ArchiveReader, pipeline: Pipeline, { fromMs, toMs }: Span): Promise<History> {
  const reasons = makeReasons()
  const arrival = { fromMs: fromMs - aheadMs, toMs: toMs + lateMs }
  const labels = await readLabels(archive, pipeline, { ...arrival, toMs: arrival.toMs + pipeline.labelArrivesWithinMs }, reasons.add)
  const entries: HistoryEntry[] = []
  const seen = new Set<string>()
  const judgesRepeats = (pipeline.windows?.repeatAt ?? -1) >= 0
  let rowCount = 0
  await eachRecord(archive, topicName(pipeline.name, 'events'), arrival, record => {
    rowCount++
    const event = decodeEvent(pipeline, record)
    if (!event.ok) return reasons.add(event.code === 'EVENT_INVALID' ? `event ${event.reason}` : event.reason)
    const id = pipeline.eventId(event.value)
    if (seen.has(id)) return reasons.add('an id that came before')
    if (!judgesRepeats) seen.add(id)
    const label = labels.get(id)
    if (!label) reasons.add('no label is archived')
    entries.push({ at: toPlace(record), event: event.value, atMs: pipeline.eventAtMs(event.value), ...(label ?? noLabel) })
  })
  if (entries.length === 0) throw new MillraceError('ARGUMENT_INVALID', 'no event of the span is archived; change --from or --to')
  entries.sort((a, b) => a.atMs - b.atMs) // those of the same time keep their order
  return {
    entries: toAsync(entries),
    readCounts: () => ({ rows: rowCount, rejected: reasons.read() }),
    reject: reasons.add,
  }
}

/** The records of each input that windows or joins keep something of: of a table all of them, for a row holds until it is replaced. */
export async function readArchivedInputs(archive: ArchiveReader, pipeline: Pipeline, { fromMs, toMs }: Span): Promise<InputHistory[]> {
  const histories: InputHistory[] = []
  for (const { name, isTable } of fedInputs(pipeline)) {
    const reasons = makeReasons()
    const kind = pipeline.windows!.sources.findIndex(source => source.name === name)
    const topic = `${pipeline.name}.${name}`
    const entries: InputEntry[] = []
    let rowCount = 0
    await eachRecord(archive, topic, { fromMs: isTable ? Number.NEGATIVE_INFINITY : fromMs - aheadMs, toMs: toMs + lateMs }, record => {
      rowCount++
      const op = decodeOp(pipeline, pipeline.windows!.sources[kind], record)
      if (!op.ok) return reasons.add(op.reason)
      entries.push({ at: toPlace(record), atMs: isTable ? record.recordedAtMs : op.value.atMs, kind, op: op.value })
    })
    const inTime = countInTime(pipeline.windows!.lateness, toAsync(entries.sort((a, b) => a.atMs - b.atMs)), reasons)
    histories.push({ name, file: topic, entries: inTime, readCounts: () => ({ rows: rowCount, rejected: reasons.read() }) })
  }
  return histories
}

/** The last label of each id, by its place in Kafka. */
async function readLabels(
  archive: ArchiveReader,
  pipeline: Pipeline,
  span: Span,
  reject: (reason: string) => void,
): Promise<ReadonlyMap<string, KnownLabel>> {
  const labels = new Map<string, KnownLabel>()
  await eachRecord(archive, topicName(pipeline.name, 'labels'), span, record => {
    const json = decodeJson(record)
    const label = json.ok ? readLabel(pipeline, json.value) : json
    if (label.ok) labels.set(pipeline.labelId(label.value.label), label.value)
    else reject(`label ${label.reason}`)
  })
  return labels
}

/** Shows a topic's records of a span of arrival in the order in which they arrived. */
async function eachRecord(archive: ArchiveReader, topic: string, span: Span, visit: (record: KafkaRecord) => void): Promise<void> {
  const records: KafkaRecord[] = []
  await eachRow(archive, topic, span, (_row, columns) => void records.push(toKafkaRecord(topic, columns)))
  records.sort((a, b) => a.recordedAtMs - b.recordedAtMs || a.partition - b.partition || a.offset - b.offset)
  for (const record of records) visit(record)
}

async function* toAsync<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

const toPlace = ({ topic, partition, offset }: KafkaRecord) => `${topic} ${partition}-${offset}`
