import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chooseId } from '../../../cli/init/choose-id.ts'
import { profileOf, rowsOf } from './profile-of.ts'

const rowCount = 300
const cells = (toCell: (row: number) => unknown) => Array.from({ length: rowCount }, (_, row) => toCell(row))

async function choose(columns: Readonly<Record<string, readonly unknown[]>>, asked?: string) {
  const profile = await profileOf(rowsOf(columns))
  const inputs = profile.columns.filter(({ name }) => name !== 'label')
  const choice = chooseId(
    inputs,
    profile.rowCount,
    inputs.find(({ name }) => name === asked),
  )
  return { id: choice.column?.name, others: choice.others.map(({ name }) => name), notes: choice.notes.map(({ text }) => text) }
}

describe('chooseId', () => {
  for (const name of ['id', 'ID', 'flightId', 'user_id', 'order-no', 'uuid']) {
    it(`takes a unique column that is named ${name}`, async () => {
      assert.deepEqual(await choose({ [name]: cells(row => 7 * row) }), { id: name, others: [], notes: [] })
    })
  }
  it('takes a unique text under any name, and says so', async () => {
    const choice = await choose({ amount: cells(row => row * 1.5), country: cells(row => `C${row}`) })
    assert.deepEqual([choice.id, choice.notes], ['country', ['was taken for the id, being unique; its name does not say so']])
  })
  it('tells of the others where several are unique', async () => {
    const choice = await choose({ name: cells(row => `n${row}`), id: cells(row => `i${row}`), row: cells(row => row) })
    assert.deepEqual(choice, {
      id: 'id',
      others: ['name', 'row'],
      notes: ["was taken for the id; unique as well: 'name', 'row'"],
    })
  })
  it('takes no amounts that happen to be unique', async () => {
    assert.equal((await choose({ population: cells(row => 1_000_003 * ((row * 7) % rowCount)) })).id, undefined)
  })
  it('takes no id that comes twice, and says so', async () => {
    const choice = await choose({ userId: cells(row => (row === 5 ? 4 : row)) })
    assert.deepEqual([choice.id, choice.notes], [undefined, ['is named like an id and comes more than once: not taken']])
  })
  it('takes what was asked for, and tells where it repeats or is missing', async () => {
    const choice = await choose({ plane: cells(row => (row < 5 ? null : row % 9)) }, 'plane')
    assert.deepEqual(choice.notes, [
      'holds values that come more than once: one prediction is kept an id',
      'is missing in 5 rows: those events are rejected',
    ])
  })
})
