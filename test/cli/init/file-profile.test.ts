import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { profileOf, rowsOf } from './profile-of.ts'

const cells = (count: number, toCell: (row: number) => unknown) => Array.from({ length: count }, (_, row) => toCell(row))

describe('profileFile', () => {
  it('counts values, kinds and ranges of each column', async () => {
    const { columns, rowCount } = await profileOf([
      { label: 'a', x: 3, y: null },
      { label: 'b', x: -1.5, y: 'red' },
      { label: 'a', x: 7 },
    ])
    const [, x, y] = columns
    assert.deepEqual([rowCount, x.valueCount, x.min, x.max, x.isInteger, x.descentCount], [3, 3, -1.5, 7, false, 1])
    assert.deepEqual([y.valueCount, y.missingCount, [...(y.values ?? [])]], [1, 2, [['red', [0, 1]]]])
  })
  it('stops after the rows it was told to look at', async () => {
    const { rowCount, isWhole } = await profileOf(rowsOf({ x: [1, 2, 3] }), { rowsAtMost: 2 })
    assert.deepEqual([rowCount, isWhole], [2, false])
  })
  it('remembers no more values and samples than it may', async () => {
    const { columns } = await profileOf(rowsOf({ x: cells(25_000, row => row * 1.1) }))
    const x = columns.find(({ name }) => name === 'x')
    assert.equal(x?.values, undefined)
    assert.ok(x && x.sample.length >= 5_000 && x.sample.length < 10_000, `${x?.sample.length}`)
    assert.ok(x.sample.at(-1)!.value > 27_000, 'the sample reaches to the end')
  })
  it('takes columns as they come in NDJSON, absent ones as missing', async () => {
    const { columns } = await profileOf([{ label: 0, a: 1 }, { label: 1, b: 1 }, { label: 0 }])
    assert.deepEqual(
      columns.map(({ name, missingCount }) => [name, missingCount]),
      [
        ['label', 0],
        ['a', 2],
        ['b', 2],
      ],
    )
  })
  for (const [what, rows, message] of [
    ['a file without rows', [], /^rows\.csv holds no rows/],
    ['rows that are no objects', [{ label: 1 }, [1, 2]], /^rows\.csv line 3: a row must be an object of columns, got \[1,2\]$/],
    [
      'a label that is no column, naming the nearest',
      [{ id: 1, labl: 0 }],
      /got 'label'; the columns are id, labl; did you mean 'labl'\?$/,
    ],
    ['a file with another separator', [{ 'id;label': '1;0' }], /must separate its columns by commas, this one seems to use ";"$/],
    ['thousands of columns', [Object.fromEntries(cells(2_001, row => [`c${row}`, 1]) as [string, number][])], /more than 2000 columns/],
  ] as const) {
    it(`rejects ${what}`, async () => {
      await assert.rejects(profileOf(rows), { name: 'MillraceError', message })
    })
  }
})
