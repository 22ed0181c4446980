import { MillraceError } from '#models/errors.ts'
import type { LabelReader, Pipeline } from '#models/pipeline-compiler.ts'
import type { KafkaRecord, OutgoingRecord, SendRecords, WaitingLabel, WaitingTable } from '../ports.ts'
import { contentBytes } from '../record-bytes.ts'
import { type ReadableLabel, rejectLabel } from './settle.ts'

/** A waiting label that can be read. */
export type ParkedLabel = ReadableLabel & WaitingLabel

/** Larger records do not wait, by `waitingBytes`: in base64 the item of one stays below DynamoDB's 400 KB. */
export const waitingBytesAtMost = 200_000
/** Rounds in which another function was quicker, before the batch is given up and comes again. */
const roundsAtMost = 5

/**
 * Puts labels down until their predictions come. Of several labels of an id the latest waits, by the label's own time and then by its place;
 * the others are rejected, before their place is taken, so that a crash leaves none of them without a word.
 *
 * Gives those that wait now.
 *
 * @throws MillraceError STORE_FAILED, retryable, where other functions put down labels of the same ids again and again
 */
export async function parkLabels(
  ports: {
    readonly pipeline: LabelReader & Pick<Pipeline, 'name' | 'labelArrivesWithinMs'>
    readonly waiting: Pick<WaitingTable, 'park' | 'read'>
    readonly send: SendRecords
    readonly nowMs: () => number
  },
  labels: readonly ReadableLabel[],
): Promise<{ readonly parked: readonly ParkedLabel[]; readonly rejectedCount: number }> {
  const { pipeline, waiting, send, nowMs } = ports
  const dueAtMs = nowMs() + pipeline.labelArrivesWithinMs
  const rejected: OutgoingRecord[] = []
  const replace = (record: KafkaRecord) => {
    rejected.push(
      rejectLabel(pipeline, 'join', record, { code: 'LABEL_REPLACED', reason: 'a later label of its id waits for the prediction' }),
    )
  }

  const latest = new Map<string, ParkedLabel>()
  for (const own of labels) {
    if (waitingBytes(own.record) > waitingBytesAtMost) {
      const reason = `no prediction with id ${own.id} yet, and a record of more than ${waitingBytesAtMost} bytes cannot wait`
      rejected.push(rejectLabel(pipeline, 'join', own.record, { code: 'LABEL_UNMATCHED', reason }))
      continue
    }
    const label = { ...own, rank: toRank(pipeline, own), dueAtMs }
    const other = latest.get(label.id)
    if (other) replace((other.rank < label.rank ? other : label).record)
    if (!other || other.rank < label.rank) latest.set(label.id, label)
  }

  const parked: ParkedLabel[] = []
  let sentCount = 0
  for (let round = 0; latest.size > 0; round++) {
    if (round === roundsAtMost) {
      throw new MillraceError('STORE_FAILED', `${latest.size} labels found another of their id ${roundsAtMost} times`, { retryable: true })
    }
    const before = new Map((await waiting.read([...latest.keys()])).map(label => [label.id, label]))
    for (const [id, label] of latest) {
      const other = before.get(id)
      if (!other || other.rank === label.rank) continue
      replace((other.rank < label.rank ? other : label).record)
      if (other.rank > label.rank) latest.delete(id)
    }
    await send(rejected.slice(sentCount))
    sentCount = rejected.length
    const lost = new Set(
      (await waiting.park([...latest.values()].map(label => ({ ...label, replaces: before.get(label.id)?.rank })))).map(({ id }) => id),
    )
    for (const [id, label] of latest) {
      if (lost.has(id)) continue
      parked.push(label)
      latest.delete(id)
    }
  }
  await send(rejected.slice(sentCount))
  return { parked, rejectedCount: rejected.length }
}

/** Bytes of a record's content, and what JSON adds to its headers beyond base64: up to five bytes a letter of a name, and marks around each. */
function waitingBytes(record: KafkaRecord): number {
  return record.headers.reduce((bytes, [name]) => bytes + 5 * Buffer.byteLength(name) + 16, contentBytes(record))
}

/** In the order of texts a later label has a larger rank: of two of the same time the one further on in its partition. */
function toRank(pipeline: LabelReader, { label, record: { topic, partition, offset } }: ReadableLabel): string {
  const atMs = Math.min(Math.max(0, Math.trunc(pipeline.labelAtMs(label))), Number.MAX_SAFE_INTEGER) || 0
  return [pad(atMs, 16), pad(offset, 20), pad(partition, 6), topic].join(' ')
}

const pad = (value: number, length: number) => String(value).padStart(length, '0')
