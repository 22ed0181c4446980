import { definePipeline } from '#models/define.ts'
import { number, oneOf, text, timeMs } from '#models/fields.ts'
import { makeRandom } from '#models/random.ts'
import { type FileRow, toFileRow } from '../../../cli/file-row.ts'

/** A definition of one number and one category, for files without id and time. */
export const smallPipeline = definePipeline({
  name: 'small',
  event: { rowId: text(), rowAtMs: timeMs(), size: number(), colour: text() },
  id: 'rowId',
  time: 'rowAtMs',
  features: { size: event => event.size, colour: { category: event => event.colour } },
  label: {
    fields: { rowId: text(), rowAtMs: timeMs(), isGood: oneOf(['yes', 'no']) },
    id: 'rowId',
    time: 'rowAtMs',
    isPositive: label => label.isGood === 'yes',
    arrivesWithinMs: 86_400_000,
  },
  trainer: { kind: 'logistic' },
  retrain: { everyMs: 86_400_000, windowMs: 86_400_000 },
  promoteWhen: { rowsAtLeast: 20 },
  decide: { positiveAtLeast: 0.5 },
})

/** Rows whose label follows from size and colour, but for a tenth of them. */
export function makeSmallRows(rowCount: number, seed = 1): { size: number; colour: string; isGood: string }[] {
  const random = makeRandom(seed)
  return Array.from({ length: rowCount }, () => {
    const size = Math.round(random() * 1000) / 10
    const colour = ['red', 'green', 'blue'][Math.floor(random() * 3)]
    const isGood = size > (colour === 'red' ? 70 : 40) !== random() < 0.1
    return { size, colour, isGood: isGood ? 'yes' : 'no' }
  })
}

/** Rows as a file gives them. */
export async function* toFileRows(rows: readonly unknown[]): AsyncGenerator<FileRow> {
  for (const [at, fields] of rows.entries()) yield toFileRow(`row ${at + 1}`, fields)
}
