import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chooseFeatures } from '../../../cli/init/choose-features.ts'
import { profileOf, rowsOf } from './profile-of.ts'

const rowCount = 300
const cells = (toCell: (row: number) => unknown) => Array.from({ length: rowCount }, (_, row) => toCell(row))

async function choose(toCell: (row: number) => unknown) {
  const profile = await profileOf(rowsOf({ x: cells(toCell) }))
  const choice = chooseFeatures(
    profile.columns.filter(({ name }) => name === 'x'),
    profile.rowCount,
  )
  const [feature] = choice.features
  return {
    feature: feature && [feature.cell.kind, feature.cell.reader, feature.isNullable],
    why: choice.leftOut[0]?.why,
    notes: choice.notes.map(({ text }) => text),
  }
}
const spread = (row: number) => (row * 37) % 101

describe('chooseFeatures', () => {
  for (const [what, toCell, feature] of [
    ['numbers as numbers', spread, ['number', undefined, false]],
    ['missing cells as nullable', (row: number) => (row % 9 ? spread(row) : null), ['number', undefined, true]],
    ['texts of numbers as numbers', (row: number) => String(spread(row)), ['number', 'asNumber', false]],
    ['words for missing as missing', (row: number) => (row % 9 ? spread(row) + 0.5 : 'NA'), ['number', 'asNumber', true]],
    ['NaN of Parquet as missing', (row: number) => (row % 9 ? spread(row) + 0.5 : Number.NaN), ['number', 'asNumber', true]],
    ['few texts as a category', (row: number) => ['red', 'green'][spread(row) % 2], ['text', undefined, false]],
    ['an empty text as missing', (row: number) => ['red', ''][spread(row) % 2], ['text', 'asText', true]],
    ['codes with zeros in front as a category', (row: number) => ['007', 12][spread(row) % 2], ['text', 'asText', false]],
    ['true and false as a flag', (row: number) => spread(row) > 50, ['flag', undefined, false]],
  ] as const) {
    it(`reads ${what}`, async () => {
      assert.deepEqual((await choose(toCell)).feature, feature)
    })
  }
  for (const [what, toCell, why] of [
    ['a constant', () => 4, /^has the same value in every row$/],
    ['an empty column', () => null, /^is empty in every row$/],
    ['a column that is hardly ever there', (row: number) => (row < 3 ? row : null), /^is missing in 99\.0 % of the rows$/],
    ['names', (row: number) => `name ${row}`, /^has 300 texts in 300 rows, too many for a category$/],
    ['free text', (row: number) => `${'words '.repeat(60)}${row}`, /^is free text of up to 363 characters/],
    ['objects', (row: number) => ({ row }), /^holds lists or objects/],
  ] as const) {
    it(`leaves out ${what}, and says why`, async () => {
      const choice = await choose(toCell)
      assert.equal(choice.feature, undefined)
      assert.match(choice.why, why)
    })
  }
  for (const [what, toCell, note] of [
    ['whole numbers that may be codes', (row: number) => spread(row) % 5, /^holds 5 whole numbers, taken as amounts/],
    [
      'numbers that tell the label',
      (row: number) => (row % 2) * 100 + spread(row) / 50,
      /^tells the label almost always by its size alone \(AUC 1\.0000\)/,
    ],
    ['texts that tell the label', (row: number) => (row % 2 ? 'a' : 'b'), /^tells the label by its values alone in 100\.0 % of the rows/],
    [
      'a column that is there for one label only',
      (row: number) => (row % 2 ? spread(row) : null),
      /^tells the label by being there or not, in 100\.0 %/,
    ],
    ['mostly missing values', (row: number) => (row % 3 ? null : spread(row)), /^is missing in 66\.7 % of the rows$/],
    ['mixed texts and numbers', (row: number) => ['x1', 7][spread(row) % 2], /^mixes texts and numbers/],
    ['texts of numbers', (row: number) => String(spread(row)), /^holds texts that read as numbers$/],
  ] as const) {
    it(`tells of ${what}`, async () => {
      const { notes } = await choose(toCell)
      assert.ok(
        notes.some(text => note.test(text)),
        notes.join('\n'),
      )
    })
  }
  it('tells nothing of plain numbers', async () => {
    assert.deepEqual((await choose(spread)).notes, [])
  })
})
