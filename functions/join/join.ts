import type { Pipeline } from '#models/pipeline-compiler.ts'
import { decodeLabel } from '../labels/pair.ts'
import { parkLabels } from '../labels/park.ts'
import { type ReadableLabel, rejectLabel, settleLabels } from '../labels/settle.ts'
import { wakeLabels } from '../labels/wake.ts'
import type { KafkaRecord, OutgoingRecord, PredictionTable, SendRecords, Step, WaitingLabel, WaitingTable } from '../ports.ts'

/** How often the due labels of a partition are looked for, and at most how many at a time: each is read, looked up, sent and deleted. */
const dueEveryMs = 60_000
const dueAtMost = 1_000

/**
 * Pairs each label with its prediction and sends the pair to `feedback`.
 *
 * Nearly every label finds its prediction at a glance, which costs half of a look. One that does not, and whose event is not known to be
 * refused, has come too early or belongs to nothing. It is put down in the table of waiting labels, where `deliver` finds it as soon as the
 * prediction is written; then it is looked up once more, for the prediction may have come in between, or a moment before the glance:
 * whichever of the two writes later sees what the other wrote. When it has waited for as long as the definition lets a label come, the next
 * batch of its partition rejects it. So a label costs three looks, whatever comes of it, and none while it waits.
 *
 * A second label of an id makes a second pair: readers keep the last.
 */
export function makeJoin(ports: {
  readonly pipeline: Pipeline
  readonly table: Pick<PredictionTable, 'read' | 'peek'>
  readonly waiting: WaitingTable
  readonly send: SendRecords
  readonly nowMs: () => number
}): Step {
  const { pipeline, waiting, send, nowMs } = ports
  const lookedAtMs = new Map<string, number>() // when a partition's due labels were looked for

  /** The due labels of the batch's partitions, each of which one function reads at a time. */
  const readDue = async (records: readonly KafkaRecord[]): Promise<WaitingLabel[]> => {
    const due: WaitingLabel[] = []
    for (const partition of new Set(records.map(({ topic, partition }) => `${topic}-${partition}`))) {
      const now = nowMs()
      if (now - (lookedAtMs.get(partition) ?? Number.NEGATIVE_INFINITY) < dueEveryMs) continue
      const own = await waiting.readDue(partition, now, dueAtMost)
      due.push(...own)
      if (own.length < dueAtMost) lookedAtMs.set(partition, now) // else there may be more, and the next batch goes on
    }
    return due
  }

  return async records => {
    const labels: ReadableLabel[] = []
    const invalid: OutgoingRecord[] = []
    for (const record of records) {
      const decoded = decodeLabel(pipeline, record)
      if (decoded.ok) labels.push({ id: pipeline.labelId(decoded.value), label: decoded.value, record })
      else invalid.push(rejectLabel(pipeline, 'join', record, decoded))
    }
    const first = await settleLabels(ports, 'join', labels, 'glance')
    await send([...invalid, ...first.outgoing])

    const { parked, rejectedCount } = await parkLabels(ports, first.early)
    const again = await settleLabels(ports, 'join', parked)
    const due = await wakeLabels(ports, 'join', await readDue(records), { isOver: true })
    const woken = [...again.outgoing, ...due.outgoing]
    await send(woken)
    const early = new Set(again.early)
    await waiting.remove([...parked.filter(label => !early.has(label)), ...due.settled])

    const joined = first.joinedCount + again.joinedCount + due.joinedCount
    const sent = invalid.length + first.outgoing.length + woken.length
    return { counts: { joined, waiting: early.size, rejected: sent - joined + rejectedCount } }
  }
}
