import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { categoriesOf, encodeColumns, makeColumnBuilder, toColumns, toRows } from '#models/feature-columns.ts'
import { makeRowEncoder, toCategories } from '#models/rows.ts'

const kinds = [{ kind: 'number' }, { kind: 'category' }] as const
const row = fc.tuple(
  fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  fc.option(fc.oneof(fc.constantFrom('JFK', 'ATL', ''), fc.string())),
)

describe('feature columns', () => {
  it('give back the rows that they were made of', () => {
    fc.assert(fc.property(fc.array(row), rows => assert.deepEqual(toRows(toColumns(kinds, rows), 0, rows.length), rows)))
  })
  it('give the block of the row encoder, to the bit', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), fc.nat(), (rows, cut) => {
        const known = rows.slice(0, cut % rows.length) // categories of the later rows are unknown
        const features = [
          { name: 'a', kind: 'number', categories: [] },
          { name: 'b', kind: 'category', categories: toCategories(known.map(([, category]) => category)) },
        ] as const
        const [ours, theirs] = [encodeColumns(features, toColumns(kinds, rows)), makeRowEncoder(features)(rows)]
        assert.deepEqual(ours, theirs)
        assert.deepEqual(Buffer.from(ours.values.buffer), Buffer.from(theirs.values.buffer))
      }),
    )
  })
  it('have the dictionary of their first rows, in the order of names', () => {
    const [, column] = toColumns(kinds, [
      [1, 'ORD'],
      [2, null],
      [3, 'ATL'],
      [4, 'LAX'],
    ])
    assert.deepEqual(categoriesOf(column, 3), ['ATL', 'ORD'])
  })
  it('hold more rows than a part', () => {
    const builder = makeColumnBuilder('number')
    for (let row = 0; row < 200_000; row++) builder.add(row)
    const { values } = builder.finish()
    assert.deepEqual([values.length, values[65_536], values[199_999]], [200_000, 65_536, 199_999])
  })
})
