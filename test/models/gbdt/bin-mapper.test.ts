import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { makeBinMapper } from '#models/gbdt/bin-mapper.ts'
import type { FeatureBins } from '#models/gbdt/bins.ts'

function mapAll(bins: FeatureBins, numbers: readonly number[]): number[] {
  const bytes = new Uint8Array(numbers.length)
  makeBinMapper(bins)(Float32Array.from(numbers), 0, 1, numbers.length, bytes, 0, 1)
  return [...bytes]
}

describe('makeBinMapper', () => {
  it('finds the bin that a search over all edges finds, whatever their spacing', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(fc.uniqueArray(float, { maxLength: 60, comparator: (a, b) => a === b }), fc.array(fc.float()), (given, others) => {
        const edges = given.toSorted((a, b) => a - b)
        const numbers = [...others, ...edges, 0, -0, Infinity, -Infinity, Number.NaN]
        const expected = numbers.map(value => (Number.isNaN(value) ? edges.length + 1 : edges.filter(edge => value > edge).length))
        assert.deepEqual(mapAll({ kind: 'number', edges }, numbers), expected)
      }),
      { numRuns: 300 },
    )
  })
  it('gives a category its bin, all others the next one, and missing the last', () => {
    assert.deepEqual(mapAll({ kind: 'category', codes: [7, 2] }, [7, 2, 0, 8, 1e9, Number.NaN]), [0, 1, 2, 2, 2, 3])
    assert.deepEqual(mapAll({ kind: 'category', codes: [] }, [0, Number.NaN]), [0, 1])
  })
  it('writes with strides of its own', () => {
    const bytes = new Uint8Array(6)
    makeBinMapper({ kind: 'number', edges: [0.5] })(Float32Array.of(9, 0, 9, 1), 1, 2, 2, bytes, 1, 3)
    assert.deepEqual([...bytes], [0, 0, 0, 0, 1, 0])
  })
})
