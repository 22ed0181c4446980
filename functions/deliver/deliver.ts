import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { decodePrediction } from '../decode.ts'
import { wakeLabels } from '../labels/wake.ts'
import type {
  KafkaRecord,
  Notify,
  OutgoingRecord,
  PredictionRow,
  PredictionTable,
  RefusedEvent,
  SendRecords,
  Step,
  WaitingTable,
} from '../ports.ts'
import type { Prediction } from '../records.ts'
import { toRejected } from '../rejected.ts'
import { toRefusedEvent } from './refused-event.ts'

/** How long a prediction stays in the table after its label's lateness has ended. */
const graceMs = 86_400_000
/** How far clocks of producers may be from this one, of the two that say when a label can have come. */
const clockSkewMs = 60_000

/**
 * Puts each prediction into the table, where `join` and the team's own readers find it, and notifies where the decision asks for it. It
 * remembers events that were rejected, too; so labels that waited for either are settled at once. For a prediction whose event is younger than
 * any label can be it does not look, which is half of what a prediction reads: so it goes where a definition gives `label.arrivesAfterMs`.
 *
 * Notifications are at-least-once: a batch that comes again may send one again; its id is in the message.
 */
export function makeDeliver(ports: {
  readonly pipeline: Pipeline
  readonly table: PredictionTable
  readonly waiting: WaitingTable
  readonly notify: Notify
  readonly send: SendRecords
  readonly nowMs: () => number
}): Step {
  const { pipeline, table, waiting, notify, send, nowMs } = ports
  const rejectedTopic = topicName(pipeline.name, 'rejected')

  return async records => {
    const rejections = new Map<KafkaRecord, OutgoingRecord>()
    const rows = new Map<string, PredictionRow>() // a batch may hold an id twice, a table write may not: the last one counts
    const refused = new Map<string, RefusedEvent>()
    const urgent = new Map<KafkaRecord, Prediction>()
    const idOf = new Map<KafkaRecord, string>()
    for (const record of records) {
      if (record.topic === rejectedTopic) {
        const event = toRefusedEvent(pipeline, record, expiryOf(pipeline, nowMs()))
        if (event) refused.set(event.id, event)
        continue
      }
      const decoded = decodePrediction(record)
      if (!decoded.ok) {
        rejections.set(record, toRejected(rejectedTopic, record, { step: 'deliver', ...decoded }))
        continue
      }
      const prediction = decoded.value
      idOf.set(record, prediction.id)
      rows.set(prediction.id, toRow(pipeline, prediction, String(record.value)))
      if (prediction.decision === 'notify') urgent.set(record, prediction)
    }
    const unwritten = await table.write([...rows.values()])
    await waiting.refuse([...refused.values()])
    const failed = fromFirstFailed(records, record => unwritten.has(idOf.get(record) ?? ''))
    const comesAgain = new Set(failed) // what would be said of these now would be said at each try
    const settled = <T>(said: ReadonlyMap<KafkaRecord, T>) => [...said].flatMap(([record, one]) => (comesAgain.has(record) ? [] : [one]))
    const [written, rejected] = [settled(urgent), settled(rejections)]
    const { refusedCount } = await notify(written.map(prediction => toMessage(pipeline, prediction)))

    const afterWriteMs = nowMs() // a label that was put down before the write came before this
    const mayHaveLabel = ({ atMs }: PredictionRow) =>
      pipeline.labelArrivesAfterMs === 0 || atMs + pipeline.labelArrivesAfterMs <= afterWriteMs + clockSkewMs
    const old = [...rows.values()].filter(row => !unwritten.has(row.id) && mayHaveLabel(row))
    const settledIds = [...old.map(({ id }) => id), ...refused.keys()]
    const woken = await wakeLabels(ports, 'deliver', await waiting.read([...new Set(settledIds)]), { isOver: false })
    await send([...rejected, ...woken.outgoing])
    await waiting.remove(woken.settled)
    return {
      failed,
      counts: {
        delivered: rows.size - unwritten.size,
        notified: written.length - refusedCount,
        refusedNotifications: refusedCount,
        refusedEvents: refused.size,
        joined: woken.joinedCount,
        rejected: rejected.length + woken.outgoing.length - woken.joinedCount,
      },
    }
  }
}

const expiryOf = ({ labelArrivesWithinMs }: Pipeline, fromMs: number) => Math.ceil((fromMs + labelArrivesWithinMs + graceMs) / 1000)

function toRow(pipeline: Pipeline, prediction: Prediction, record: string): PredictionRow {
  const { id, score, decision, model, atMs, scoredAtMs } = prediction
  return { id, score, decision, model, atMs, record, expiresAtSec: expiryOf(pipeline, scoredAtMs) }
}

/** The subject holds nothing of the event: SNS takes ASCII without line breaks, and an id may be any text. */
function toMessage(pipeline: Pipeline, { id, score, model, atMs, layer }: Prediction) {
  return {
    subject: `Millrace: an event of ${pipeline.name} asks for attention`,
    body: JSON.stringify({ pipeline: pipeline.name, id, score, model, atMs, layerScore: layer?.score }),
  }
}

/** Every record of a partition from its first failed one on: what Lambda's partial-failure answer must list. */
export function fromFirstFailed(records: readonly KafkaRecord[], isFailed: (record: KafkaRecord) => boolean): KafkaRecord[] {
  const broken = new Set<string>()
  return records.filter(record => {
    const partition = `${record.topic}-${record.partition}`
    if (isFailed(record)) broken.add(partition)
    return broken.has(partition)
  })
}
