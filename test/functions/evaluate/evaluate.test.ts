import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeEvaluate, type Tally } from '#functions/evaluate/evaluate.ts'
import { toQuality } from '#models/measure/counters.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBreaker, makeRecord, stepChecks } from '../../checks/step-checks.ts'
import { makeFeedback, makePrediction } from '../../fixtures.ts'

function open({ breakCall }: { readonly breakCall?: number } = {}) {
  const tallies = new Map<string, Tally>()
  const mayBreak = makeBreaker(breakCall)
  const step = makeEvaluate({
    pipeline,
    store: {
      read: async keys => {
        mayBreak()
        return keys.flatMap(({ partition, model }) => tallies.get(`${partition} ${model}`) ?? [])
      },
      write: async given => {
        mayBreak()
        for (const tally of given) tallies.set(`${tally.partition} ${tally.model}`, tally)
      },
    },
  })
  return { step, tallies, written: () => [...tallies.values()].map(tally => JSON.stringify(tally)) }
}

const labelAt = (partition: number, offset: number) => ({ topic: 'flights.labels', partition, offset })
const good = [0, 1, 2, 3].map(at => {
  const feedback = makeFeedback({ id: `f${at}`, target: at % 2 === 0 ? 1 : 0, labelSource: labelAt(at >> 1, at) })
  return makeRecord(feedback, { topic: 'flights.feedback', partition: at >> 1, offset: at })
})
const bad = [makeRecord(null), makeRecord(Buffer.from('{')), makeRecord({ id: 1 })]

stepChecks({ name: 'evaluate', open, good, bad })

describe('evaluate', () => {
  it('counts the quality of each model', async () => {
    const { step, tallies } = open()
    await step(good)
    const tally = tallies.get('flights.feedback-0 m1')!
    const { labelled, accuracy, recall } = toQuality(tally.quality)
    assert.deepEqual([labelled, accuracy, recall], [2, 0.5, 1])
  })
  it('adds nothing for feedback that comes again, even at new offsets of its own', async () => {
    const { step, tallies } = open()
    await step(good)
    const before = structuredClone(tallies)
    await step(good)
    await step(good.map(record => ({ ...record, offset: record.offset + 100 })))
    assert.deepEqual(tallies, before)
  })
  it('counts predictions apart from labels, and those without a score apart from both', async () => {
    const { step, tallies } = open()
    const source = (offset: number) => ({ topic: 'flights.events', partition: 0, offset })
    await step([
      makeRecord(makePrediction({ source: source(0) }), { topic: 'flights.predictions' }),
      makeRecord(makePrediction({ source: source(1), score: null, decision: null, model: null }), {
        topic: 'flights.predictions',
        offset: 1,
      }),
      makeRecord(makeFeedback({ score: null, decision: null, model: null }), { topic: 'flights.feedback' }),
    ])
    assert.equal(tallies.get('flights.predictions-0 m1')?.predicted, 1)
    assert.equal(tallies.get('flights.predictions-0 none')?.predicted, 1)
    const none = tallies.get('flights.feedback-0 none')!
    assert.deepEqual([none.predicted, none.unscored, toQuality(none.quality).labelled], [0, 1, 0])
  })
})
