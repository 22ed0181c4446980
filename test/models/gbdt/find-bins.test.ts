import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { findBins, toEdges } from '#models/gbdt/find-bins.ts'

const oneColumn = (values: Float32Array) => ({ values, rowCount: values.length, featureCount: 1 })
const findNumberBins = (values: Float32Array, binCount = 255) => {
  const [bins] = findBins([{ name: 'x', kind: 'number', categories: [] }], oneColumn(values), binCount)
  return bins.kind === 'number' ? bins.edges : []
}
const findCodes = (values: Float32Array, binCount = 255) => {
  const [bins] = findBins([{ name: 'x', kind: 'category', categories: [] }], oneColumn(values), binCount)
  return bins.kind === 'category' ? bins.codes : []
}

const lowestFinite = -3.4028234663852886e38

describe('toEdges', () => {
  it('puts an edge in the middle between the values if every value gets a bin', () => {
    assert.deepEqual(toEdges(Float32Array.of(1, 1, 2, 4), 3), [1.5, 3])
  })
  it('makes bins of about equal row counts', () => {
    const edges = toEdges(
      Float32Array.from({ length: 1_000 }, (_, i) => i),
      10,
    )
    assert.deepEqual(edges, [99.5, 199.5, 299.5, 399.5, 499.5, 599.5, 699.5, 799.5, 899.5])
  })
  it('gives a frequent value a bin of its own', () => {
    const values = Float32Array.from({ length: 1_000 }, (_, i) => (i < 500 ? i / 1_000 : 7)).map((value, i) => (i < 900 ? value : i))
    const edges = toEdges(values, 20)
    assert.ok(edges.some(edge => edge > 0.499 && edge < 7) && edges.some(edge => edge >= 7 && edge < 900))
  })
})

describe('findBins', () => {
  it('gives finite float32 edges, ascending, at most binCount − 2, with values on both sides of each', () => {
    const number = fc.oneof(fc.float(), fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, -0, Infinity, -Infinity, Number.NaN))
    fc.assert(
      fc.property(fc.array(number, { maxLength: 300 }), fc.integer({ min: 3, max: 40 }), (numbers, binCount) => {
        const values = Float32Array.from(numbers, value => (value === lowestFinite ? 0 : value))
        const edges = findNumberBins(values, binCount)
        assert.ok(edges.length <= binCount - 2)
        for (const [i, edge] of edges.entries()) {
          assert.ok(Number.isFinite(edge) && Math.fround(edge) === edge && !(edge <= edges[i - 1]))
          assert.ok(values.some(value => value > edge))
          assert.ok(values.some(value => value <= edge && !(value <= edges[i - 1])))
        }
      }),
    )
  })
  it('lets minus infinity share a bin with the lowest float32, because no finite edge is between them', () => {
    assert.deepEqual(findNumberBins(Float32Array.of(-Infinity, lowestFinite, 0)), [lowestFinite, lowestFinite / 2])
  })
  it('gives no edge for a constant and for a feature without values', () => {
    assert.deepEqual(findNumberBins(Float32Array.of(5, 5, 5)), [])
    assert.deepEqual(findNumberBins(Float32Array.of(Number.NaN, Number.NaN)), [])
    assert.deepEqual(findCodes(Float32Array.of(Number.NaN)), [])
  })
  it('keeps the most frequent categories; of equally frequent ones the lower code comes first', () => {
    assert.deepEqual(findCodes(Float32Array.of(4, 2, 7, 7, 2, 9, Number.NaN)), [2, 7, 4, 9])
    assert.deepEqual(findCodes(Float32Array.of(4, 2, 7, 7, 2, 9), 5), [2, 7, 4])
  })
})
