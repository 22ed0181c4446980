import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Layer, openLayer, startLayer, stateLength } from '#models/layer/layer.ts'
import { lastShare, mixtureShares } from '#models/layer/settings.ts'
import { combinerCount, expertCount, type LayerRow, type LayerShape, traceParts } from '#models/layer/shape.ts'
import { makeRandom } from '#models/random.ts'
import { sigmoid } from '#models/sigmoid.ts'
import { yesNoLink } from '#models/task/yes-no/link.ts'
import { lossOf } from '#models/task/yes-no.ts'

const shape: LayerShape = { numberCount: 2, categoryCount: 1, periods: [{ everyMs: 24_000, stepMs: 1_000 }] }
const { length } = traceParts(shape)

const open = (state = startLayer(shape)) => ({ state, layer: openLayer(shape, yesNoLink, state) })
const toRow = (row: Partial<LayerRow>): LayerRow => ({ atMs: 0, championScore: 0.5, numbers: [0, 0], slots: [-1], ...row })

/** Scores and learns rows one by one, each label before the next row; the mean losses of layer and champion over those from `from` on. */
function stream(
  rowCount: number,
  make: (row: number, score: number) => { row: LayerRow; target: number },
  from = 0,
  layer: Layer = open().layer,
) {
  const trace = new Float32Array(length)
  const sums = { layer: 0, champion: 0 }
  let last = 0.5
  for (let at = 0; at < rowCount; at++) {
    const { row } = make(at, last)
    const score = layer.score(row, trace, 0)
    const { target } = make(at, score)
    last = score
    layer.learn(row, trace, 0, target)
    if (at < from) continue
    sums.layer += lossOf(score, target)
    sums.champion += lossOf(row.championScore, target)
  }
  return { layer: sums.layer / (rowCount - from), champion: sums.champion / (rowCount - from) }
}

describe('a layer', () => {
  it('says what the champion says before the first label, as far as one vote among all goes', () => {
    const trace = new Float32Array(length)
    const score = open().layer.score(toRow({ championScore: 0.9 }), trace, 0)
    assert.ok(score > 0.8 && score < 0.9, String(score))
  })
  it('gives the same bits from the same labels, and from a state that was stored in between', () => {
    const random = makeRandom(1)
    const rows = Array.from({ length: 300 }, () => toRow({ numbers: [random(), random()], championScore: random(), atMs: random() * 1e6 }))
    const run = (cutAt: number) => {
      let { state, layer } = open()
      const trace = new Float32Array(length)
      rows.forEach((row, at) => {
        if (at === cutAt) ({ state, layer } = open(new Float64Array(new Uint8Array(new Uint8Array(state.buffer)).buffer)))
        layer.score(row, trace, 0)
        layer.learn(row, trace, 0, at % 3 === 0 ? 1 : 0)
      })
      return Buffer.from(state.buffer).toString('hex')
    }
    assert.equal(run(-1), run(150))
  })
  it('leaves the state as it is when it scores, and row and trace when it learns', () => {
    const { state, layer } = open()
    const row = toRow({ numbers: [3, Number.NaN], slots: [7] })
    const trace = new Float32Array(length)
    const before = state.slice()
    layer.score(row, trace, 0)
    assert.deepEqual(state, before)
    const written = trace.slice()
    layer.learn(row, trace, 0, 1)
    assert.deepEqual([trace, row], [written, toRow({ numbers: [3, Number.NaN], slots: [7] })])
  })
  it('gives, when it learns a label, the score that the row would have just before', () => {
    const { layer } = open()
    const trace = new Float32Array(length)
    const [first, second] = [toRow({ championScore: 0.7, numbers: [1, 2] }), toRow({ championScore: 0.2, atMs: 5 })]
    layer.score(first, trace, 0)
    const again = new Float32Array(length)
    const expected = layer.score(second, again, 0)
    assert.equal(layer.learn(second, again, 0, 1), expected)
    assert.notEqual(layer.learn(second, again, 0, 1), expected)
  })
  it('learns what the champion does not see: a number, a category, a label that repeats', () => {
    const random = makeRandom(2)
    const worlds = {
      number: () => {
        const numbers = [random() * 2 - 1, random()]
        return { row: toRow({ numbers }), target: random() < sigmoid(6 * numbers[0]) ? 1 : 0 }
      },
      category: () => {
        const category = Math.floor(random() * 5)
        return { row: toRow({ slots: [category * 11] }), target: random() < [0.9, 0.1, 0.9, 0.1, 0.9][category] ? 1 : 0 }
      },
      last: (at: number) => ({ row: toRow({ atMs: at * 1_000 }), target: Math.floor(at / 20) % 2 }),
      phase: (at: number) => ({ row: toRow({ atMs: at * 1_000 }), target: [0, 3, 5, 6, 9, 11, 17].includes(at % 24) ? 1 : 0 }),
    }
    for (const [name, make] of Object.entries(worlds)) {
      const rows = Array.from({ length: 3_000 }, (_, at) => make(at))
      const { layer, champion } = stream(3_000, at => rows[at], 500)
      assert.ok(layer < 0.65 * champion, `${name}: ${layer} against ${champion}`)
    }
  })
  it('recovers within 300 labels where the meaning turns round, and the champion goes on as before', () => {
    const random = makeRandom(3)
    const rows = Array.from({ length: 4_000 }, (_, at) => {
      const number = random() * 2 - 1
      const isYes = random() < sigmoid(5 * number)
      return { row: toRow({ numbers: [number, 0], championScore: sigmoid(5 * number) }), target: Number(at < 2_000 ? isYes : !isYes) }
    })
    const { layer, champion } = stream(4_000, at => rows[at], 2_300)
    assert.ok(layer < 0.5 && champion > 1, `${layer} against ${champion}`)
  })
  it('keeps rare labels calibrated: of 1 %, within a fifth', () => {
    const random = makeRandom(4)
    const { layer } = open()
    const trace = new Float32Array(length)
    let [scores, labels] = [0, 0]
    for (let at = 0; at < 40_000; at++) {
      const row = toRow({ numbers: [random(), random()], championScore: 0.01 })
      const target = random() < 0.01 ? 1 : 0
      const score = layer.score(row, trace, 0)
      layer.learn(row, trace, 0, target)
      if (at < 5_000) continue
      scores += score
      labels += target
    }
    assert.ok(Math.abs(scores / labels - 1) < 0.2, String(scores / labels))
  })
})

describe('a layer against its champion', () => {
  const rowCount = 4_000
  const clipping = -Math.log(1 - 1e-4)
  /** What it may lose more: a mixture finds the champion among the experts, the last mixture finds that mixture, and both give back a share a label. */
  const bound =
    (Math.log(expertCount(shape)) + Math.log(combinerCount)) / rowCount -
    Math.log(1 - lastShare) -
    Math.log(1 - mixtureShares[2]) +
    clipping
  const adversaries: Readonly<Record<string, (score: number, at: number, champion: number) => number>> = {
    'labels that are the opposite of what it says': score => Number(score < 0.5),
    'labels that are always what the champion says': (_score, _at, champion) => Number(champion >= 0.5),
    'labels that turn round once it has learnt them': (score, at) => (Math.floor(at / 50) % 2 === 0 ? Number(score < 0.5) : 1),
  }
  for (const [name, toTarget] of Object.entries(adversaries)) {
    it(`loses at most ${bound.toFixed(4)} a label more, with ${name}`, () => {
      const random = makeRandom(5)
      const rows = Array.from({ length: rowCount }, (_, at) =>
        toRow({ championScore: 0.05 + 0.9 * random(), numbers: [random(), random()], atMs: at * 1_000 }),
      )
      const { layer, champion } = stream(rowCount, (at, score) => ({ row: rows[at], target: toTarget(score, at, rows[at].championScore) }))
      assert.ok(layer - champion <= bound, `${layer} against ${champion}`)
    })
  }
  it('loses less than .01 a label more than a champion that is right, where 5 % of the labels are wrong', () => {
    const random = makeRandom(6)
    const rows = Array.from({ length: 10_000 }, () => {
      const number = random() * 2 - 1
      const championScore = sigmoid(4 * number)
      const truth = random() < championScore ? 1 : 0
      return { row: toRow({ numbers: [number, 0], championScore }), target: random() < 0.05 ? 1 - truth : truth }
    })
    const { layer, champion } = stream(rows.length, at => rows[at])
    assert.ok(layer - champion < 0.01, `${layer} against ${champion}`)
  })
})

describe('a layer whatever comes', () => {
  const odd = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, 1e308, -1e308, Number.POSITIVE_INFINITY, 0, -0))
  const rowOf = fc.record({
    atMs: fc.oneof(fc.integer(), fc.constantFrom(0, -8.64e15, 8.64e15)),
    championScore: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(Number.NaN, 0, 1)),
    numbers: fc.array(odd, { minLength: 2, maxLength: 2 }),
    slots: fc.array(fc.integer({ min: -1, max: 511 }), { minLength: 1, maxLength: 1 }),
  })
  it('gives scores within its bounds and keeps a state of numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(rowOf, fc.integer({ min: 0, max: 1 })), { maxLength: 60 }), rows => {
        const { state, layer } = open()
        const trace = new Float32Array(length)
        for (const [row, target] of rows) {
          const score = layer.score(row, trace, 0)
          assert.ok(score >= 1e-4 && score <= 1 - 1e-4, String(score))
          layer.learn(row, trace, 0, target)
        }
        assert.ok(state.every(Number.isFinite))
      }),
      { numRuns: 50 },
    )
  })
  it('bears a feature that becomes a million times larger, or missing, and goes on', () => {
    const random = makeRandom(7)
    const rows = Array.from({ length: 3_000 }, (_, at) => {
      const number = random() * 2 - 1
      const seen = at < 1_500 ? number : at < 2_000 ? number * 1e6 : Number.NaN
      const championScore = sigmoid(3 * number)
      return { row: toRow({ numbers: [seen, 0], championScore }), target: random() < championScore ? 1 : 0 }
    })
    const { layer, champion } = stream(rows.length, at => rows[at], 1_500)
    assert.ok(layer - champion < 0.02, `${layer} against ${champion}`)
  })
  it('says within a thousand labels what a flood of one label says, and forgets it as fast', () => {
    const rows = Array.from({ length: 3_000 }, (_, at) => ({
      row: toRow({ championScore: 0.3 }),
      target: at < 1_000 ? at % 2 : at < 2_000 ? 1 : at % 2,
    }))
    const during = stream(2_000, at => rows[at], 1_500)
    const after = stream(3_000, at => rows[at], 2_500)
    assert.ok(during.layer < 0.05 && after.layer < 0.72, `${during.layer}, ${after.layer}`)
  })
})

describe('stateLength', () => {
  it('is that of the state', () => assert.equal(stateLength(shape), startLayer(shape).length))
})
