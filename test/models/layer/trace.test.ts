import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { openLayer, startLayer } from '#models/layer/layer.ts'
import { type LayerShape, traceParts } from '#models/layer/shape.ts'
import { parseTrace, toTraceText } from '#models/layer/trace.ts'
import { yesNoLink } from '#models/task/yes-no/link.ts'

const shape: LayerShape = { numberCount: 2, categoryCount: 0, periods: [] }
const { length, experts, score: scoreAt } = traceParts(shape)

function scored(championScore: number) {
  const trace = new Float32Array(length)
  const score = openLayer(shape, yesNoLink, startLayer(shape)).score({ atMs: 1, championScore, numbers: [1, 2], slots: [] }, trace, 0)
  return { trace, score }
}

describe('a trace as text', () => {
  it('is about a hundred letters, so that a prediction still fits a write unit', () => {
    assert.ok(toTraceText(shape, yesNoLink, scored(0.3).trace).length <= 104)
  })
  it('comes back within a part in four thousand of the distance to 0 or 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), championScore => {
        const { trace, score } = scored(championScore)
        const parsed = parseTrace(shape, yesNoLink, { trace: toTraceText(shape, yesNoLink, trace), score })!
        for (let at = experts; at < scoreAt; at++) {
          const distance = Math.min(trace[at], 1 - trace[at])
          assert.ok(Math.abs(parsed[at] - trace[at]) <= distance / 4_000 + 1e-7, `${trace[at]} became ${parsed[at]}`)
        }
      }),
    )
  })
  it('is the same text again once it came back', () => {
    const { trace, score } = scored(0.7)
    const text = toTraceText(shape, yesNoLink, trace)
    assert.equal(toTraceText(shape, yesNoLink, parseTrace(shape, yesNoLink, { trace: text, score })!), text)
  })
  it('rejects what no layer of this shape has written: nothing of it reaches the weights', () => {
    const { trace, score } = scored(0.5)
    const text = toTraceText(shape, yesNoLink, trace)
    const bytes = Buffer.from(text, 'base64')
    const withLabels = (labels: number) => {
      const changed = Buffer.from(bytes)
      changed.writeFloatLE(labels, 0)
      return { trace: changed.toString('base64'), score }
    }
    const bad = [
      { trace: '', score },
      { trace: text.slice(4), score },
      { trace: text, score: 0 },
      { trace: text, score: 2 },
      { trace: text, score: Number.NaN },
      withLabels(Number.NaN),
      withLabels(-1),
    ]
    for (const own of bad) assert.equal(parseTrace(shape, yesNoLink, own), undefined)
  })
  it('gives scores within the bounds whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 74, maxLength: 74 }), bytes => {
        const parsed = parseTrace(shape, yesNoLink, { trace: Buffer.from(bytes).toString('base64'), score: 0.5 })
        if (parsed) for (let at = experts; at < scoreAt; at++) assert.ok(parsed[at] > 0 && parsed[at] < 1)
      }),
    )
  })
})
