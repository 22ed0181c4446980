import type { LabelReader, Pipeline } from '#models/pipeline-compiler.ts'
import type { OutgoingRecord, PredictionTable, WaitingLabel, WaitingTable } from '../ports.ts'
import { decodeLabel } from './pair.ts'
import type { ParkedLabel } from './park.ts'
import { rejectLabel, settleLabels } from './settle.ts'

/** Waiting labels that have been settled: what is to be sent, and then to be taken away. */
export interface Woken {
  readonly outgoing: readonly OutgoingRecord[]
  readonly joinedCount: number
  readonly settled: readonly WaitingLabel[]
}

/** Looks for what settles labels that wait; with `isOver` those that nothing settles have waited long enough, and are rejected. */
export async function wakeLabels(
  ports: {
    readonly pipeline: LabelReader & Pick<Pipeline, 'name' | 'labelArrivesWithinMs'>
    readonly table: Pick<PredictionTable, 'read' | 'peek'>
    readonly waiting: Pick<WaitingTable, 'readRefused'>
  },
  step: string,
  labels: readonly WaitingLabel[],
  { isOver }: { readonly isOver: boolean },
): Promise<Woken> {
  const { pipeline } = ports
  const invalid: OutgoingRecord[] = []
  const readable = labels.flatMap((waiting): ParkedLabel[] => {
    const decoded = decodeLabel(pipeline, waiting.record)
    if (decoded.ok) return [{ ...waiting, label: decoded.value }]
    invalid.push(rejectLabel(pipeline, step, waiting.record, decoded)) // the definition has changed since it was put down
    return []
  })
  const { outgoing, joinedCount, early } = await settleLabels(ports, step, readable)
  const over = early.map(({ id, record }) => {
    const reason = `no prediction with id ${id} in ${pipeline.labelArrivesWithinMs} ms`
    return rejectLabel(pipeline, step, record, { code: 'LABEL_UNMATCHED', reason })
  })
  const goOn = new Set(isOver ? [] : early.map(({ rank }) => rank))
  return {
    outgoing: [...invalid, ...outgoing, ...(isOver ? over : [])],
    joinedCount,
    settled: labels.filter(({ rank }) => !goOn.has(rank)),
  }
}
