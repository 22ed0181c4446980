import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { learnInto, makeSlotSums, type SlotSums, weightOf } from '#models/linear/ftrl/proximal.ts'
import { type FtrlSettings, parseFtrlSettings } from '#models/linear/ftrl/settings.ts'

const settings = parseFtrlSettings({ learningRate: 0.5, rateDelay: 1, l1: 0.1, l2: 1 })

interface Row {
  readonly slots: readonly number[]
  readonly target: number
  readonly weight?: number
}

/** Sums over five slots after these rows of two slots each. */
function learnt(rows: readonly Row[], given: FtrlSettings = settings): SlotSums {
  const sums = makeSlotSums(5)
  const slots = Int32Array.from(rows.flatMap(row => row.slots))
  const targets = Float32Array.from(rows, row => row.target)
  const weights = Float32Array.from(rows, row => row.weight ?? 1)
  learnInto(sums, { slots, perRow: 2, slotCount: 5, targets, weights }, given)
  return sums
}

function assertClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-12): void {
  assert.equal(actual.length, expected.length)
  expected.forEach((value, at) => {
    assert.ok(Math.abs(actual[at] - value) <= tolerance, `slot ${at}: ${actual[at]}, not ${value}`)
  })
}

describe('weightOf', () => {
  it('is the shrunk sum over the inverse rate', () => {
    // (3 - 1) / ((1 + 2) / 1 + 1)
    assert.equal(weightOf(1, -3, 2, parseFtrlSettings({ learningRate: 1, rateDelay: 1, l1: 1, l2: 1 })), 0.5)
  })
  it('is 0 where the sum does not exceed l1', () => {
    assert.equal(weightOf(1, 0.1, 2, settings), 0)
  })
  it('leaves the intercept free of both penalties', () => {
    // 0.1 / ((1 + 1) / 0.5)
    assert.equal(weightOf(0, -0.1, 1, settings), 0.025)
  })
})

describe('learnInto', () => {
  it('makes the first step as computed by hand', () => {
    // p = 0.5, y = 1, g = -0.5; z = -0.5 as w was 0; n = 0.25
    // w1 = (0.5 - 0.1) / ((1 + 0.5) / 0.5 + 1) = 0.4 / 4; the intercept 0.5 / (1.5 / 0.5), without penalties
    const { gradients, squares, weights } = learnt([{ slots: [1, 3], target: 1 }])
    assertClose(gradients, [-0.5, -0.5, 0, -0.5, 0])
    assertClose(squares, [0.25, 0.25, 0, 0.25, 0])
    assertClose(weights, [1 / 6, 0.1, 0, 0.1, 0])
  })
  it('makes the second step as computed by hand', () => {
    // logit = 1/6 + 0.1 + 0 = 0.2666…, g = p = 0.566274…, sigma = (√(0.25 + g²) - 0.5) / 0.5 for slot 1, g / 0.5 for slot 4
    const { gradients, squares, weights } = learnt([
      { slots: [1, 3], target: 1 },
      { slots: [1, 4], target: 0 },
    ])
    const g = 1 / (1 + Math.exp(-4 / 15))
    const root = Math.sqrt(0.25 + g * g)
    const sigma = (root - 0.5) / 0.5
    assertClose(gradients, [-0.5 + g - sigma / 6, -0.5 + g - sigma * 0.1, 0, -0.5, g])
    assertClose(squares, [root * root, root * root, 0, 0.25, g * g])
    assertClose([weights[4]], [-(g - 0.1) / ((1 + g) / 0.5 + 1)])
    assert.equal(weights[1], 0) // |z| is below l1 again
  })
  it('slows a slot down by its own gradients alone', () => {
    const often = learnt([...Array(50).fill({ slots: [1, 3], target: 1 }), { slots: [2, 4], target: 1 }])
    assert.equal(often.squares[2], often.squares[4])
    assert.ok(often.squares[2] < often.squares[1])
  })

  it('takes a weight of two as one step with twice the gradient', () => {
    const { gradients, squares } = learnt([{ slots: [1, 3], target: 1, weight: 2 }])
    assertClose(gradients, [-1, -1, 0, -1, 0])
    assertClose(squares, [1, 1, 0, 1, 0])
  })
  it('does not take a weight of two as the row twice: the second step starts where the first ended', () => {
    const row = { slots: [1, 3], target: 1 }
    const twice = learnt([row, row])
    const once = learnt([{ ...row, weight: 2 }])
    assert.ok(twice.squares[1] < 0.5 && once.squares[1] === 1)
  })
  it('takes a weight of zero as no row', () => {
    const row = { slots: [1, 3], target: 1 }
    assert.deepEqual(learnt([row, { slots: [1, 4], target: 0, weight: 0 }]), learnt([row]))
  })
  it('gives the same weights where row weights, rateDelay, l1 and l2 are scaled alike', () => {
    const someRow = fc.record({
      slots: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 3, max: 4 })),
      target: fc.integer({ min: 0, max: 1 }),
    })
    fc.assert(
      fc.property(fc.array(someRow, { maxLength: 40 }), fc.constantFrom(0.25, 2, 8), (rows, scale) => {
        const { rateDelay, l1, l2 } = settings
        const scaled = { ...settings, rateDelay: rateDelay * scale, l1: l1 * scale, l2: l2 * scale }
        const { weights } = learnt(
          rows.map(row => ({ ...row, weight: scale })),
          scaled,
        )
        assertClose(weights, [...learnt(rows).weights], 1e-9)
      }),
    )
  })
})
