import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Duel, toDuel } from '#functions/evaluate/duels.ts'
import { makeEvaluate, type Tally } from '#functions/evaluate/evaluate.ts'
import type { Feedback } from '#functions/records.ts'
import { pipeline } from '#models/pipeline.ts'
import { toQuality } from '#models/task/yes-no/counters.ts'
import { makeBreaker, makeRecord, stepChecks } from '../../checks/step-checks.ts'
import { makeFeedback, makePrediction } from '../../fixtures.ts'

/** A store in memory that keeps what it is given by its name. */
function openStore<Item>(nameOf: (key: Item) => string, mayBreak: () => void) {
  const items = new Map<string, Item>()
  const store = {
    read: async (keys: readonly unknown[]) => {
      mayBreak()
      return keys.flatMap(key => items.get(nameOf(key as Item)) ?? [])
    },
    write: async (given: readonly Item[]) => {
      mayBreak()
      for (const item of given) items.set(nameOf(item), item)
    },
  }
  return { items, store }
}

function open({ breakCall }: { readonly breakCall?: number } = {}) {
  const mayBreak = makeBreaker(breakCall)
  const tallies = openStore<Tally>(({ partition, model, arm }) => `${partition} ${model} ${arm}`, mayBreak)
  const duels = openStore<Duel>(({ partition, models }) => `${partition} ${models.join(' ')}`, mayBreak)
  const step = makeEvaluate({ pipeline, tallies: tallies.store, duels: duels.store })
  return {
    step,
    tallies: tallies.items,
    duels: duels.items,
    written: () => [...tallies.items.values(), ...duels.items.values()].map(item => JSON.stringify(item)),
  }
}

const labelAt = (partition: number, offset: number) => ({ topic: 'flights.labels', partition, offset })
const good = [0, 1, 2, 3].map(at => {
  const feedback = makeFeedback({
    id: `f${at}`,
    shadows: [{ model: 'm2', score: 0.3 }],
    target: at % 2 === 0 ? 1 : 0,
    labelSource: labelAt(at >> 1, at),
  })
  return makeRecord(feedback, { topic: 'flights.feedback', partition: at >> 1, offset: at })
})
const bad = [makeRecord(null), makeRecord(Buffer.from('{')), makeRecord({ id: 1 })]

stepChecks({ name: 'evaluate', open, good, bad })

describe('evaluate', () => {
  it('counts the quality of each model', async () => {
    const { step, tallies } = open()
    await step(good)
    const tally = tallies.get('flights.feedback-0 m1 champion')!
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
  it('counts a label once that comes directly and went round as well, before or after later ones', async () => {
    const { step, tallies } = open()
    const feedback = [4, 6, 5, 4, 5, 6].map((label, offset) => {
      return makeRecord(makeFeedback({ labelSource: labelAt(0, label) }), { topic: 'flights.feedback', offset })
    })
    await step(feedback.slice(0, 4))
    await step(feedback.slice(2))
    assert.equal(toQuality(tallies.get('flights.feedback-0 m1 champion')!.quality).labelled, 3)
    assert.deepEqual(tallies.get('flights.feedback-0 every champion')!.applied, { 'flights.labels-0': [4, 6] })
  })
  it('counts an event once that came again and was scored by another model', async () => {
    const { step, tallies } = open()
    const source = { topic: 'flights.events', partition: 0, offset: 0 }
    await step([makeRecord(makePrediction({ source }), { topic: 'flights.predictions' })])
    await step([makeRecord(makePrediction({ source, model: 'm2' }), { topic: 'flights.predictions', offset: 1 })])
    const counted = [...tallies.values()].reduce((sum, { predicted }) => sum + predicted, 0)
    assert.equal(counted, 1)
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
    assert.equal(tallies.get('flights.predictions-0 m1 champion')?.predicted, 1)
    assert.equal(tallies.get('flights.predictions-0 none champion')?.predicted, 1)
    const none = tallies.get('flights.feedback-0 none champion')!
    assert.deepEqual([none.predicted, none.unscored, toQuality(none.quality).labelled], [0, 1, 0])
  })
  it('counts the scores of each model and arm apart, those kept beside another under shadow', async () => {
    const { step, tallies } = open()
    const shadows = [{ model: 'm2', score: 0.2 }]
    await step(
      [
        makeFeedback({ shadows, labelSource: labelAt(0, 0) }),
        makeFeedback({ shadows, labelSource: labelAt(0, 1) }),
        makeFeedback({ model: 'm2', score: 0.9, arm: 'challenger', shadows: [{ model: 'm1', score: 0.1 }], labelSource: labelAt(0, 2) }),
      ].map((feedback, offset) => makeRecord(feedback, { topic: 'flights.feedback', offset })),
    )
    const accuracies = [...tallies].map(([name, { quality }]) => [name, toQuality(quality).labelled, toQuality(quality).accuracy])
    assert.deepEqual(accuracies, [
      ['flights.feedback-0 m1 champion', 2, 1],
      ['flights.feedback-0 m2 shadow', 2, 0],
      ['flights.feedback-0 m2 challenger', 1, 1],
      ['flights.feedback-0 m1 shadow', 1, 0],
      ['flights.feedback-0 every champion', 0, null],
    ])
    const { baselines } = toQuality(tallies.get('flights.feedback-0 m2 shadow')!.quality)
    assert.equal(baselines.majorityAccuracy, 0.5, 'a row is one label to the baselines, however many models scored it')
  })
})

describe('evaluate, of two models on the same rows', () => {
  const hourMs = 3_600_000
  const meet = (changes: Partial<Feedback>) => makeFeedback({ model: 'm1', score: 0.5, shadows: [{ model: 'm2', score: 0.8 }], ...changes })
  const toRecords = (values: readonly object[], topic: string) => values.map((value, offset) => makeRecord(value, { topic, offset }))

  it('adds up by hour of event time how much less the candidate loses', async () => {
    const { step, duels } = open()
    const rows = [0, 1, 2].map(at => meet({ atMs: at * hourMs * 0.6, target: at === 2 ? 0 : 1, labelSource: labelAt(0, at) }))
    await step(toRecords(rows, 'flights.feedback'))
    await step(
      toRecords(
        rows.map((row, offset) => ({ ...row, source: { topic: 'flights.events', partition: 0, offset } })),
        'flights.predictions',
      ),
    )
    const [first, second, ...none] = toDuel([...duels.values()], { champion: 'm1', candidate: 'm2' })
    const [won, lost] = [Math.log(0.8 / 0.5), Math.log(0.2 / 0.5)]
    assert.deepEqual(
      [first.startMs, first.predicted, first.labelled, second.startMs, second.predicted, second.labelled],
      [0, 2, 2, hourMs, 1, 1],
    )
    assert.ok(Math.abs(first.gainSum - 2 * won) < 1e-12)
    assert.ok(Math.abs(second.gainSum - lost) < 1e-12)
    assert.deepEqual(none, [])
    assert.equal(toDuel([...duels.values()], { champion: 'm2', candidate: 'm1' })[0].gainSum, -first.gainSum)
    assert.deepEqual(toDuel([...duels.values()], { champion: 'm1', candidate: 'm3' }), [])
  })
  it('is one duel wherever a score stands: counted, kept beside, in either arm', async () => {
    const { step, duels } = open()
    const turned = meet({ model: 'm2', score: 0.8, arm: 'challenger', shadows: [{ model: 'm1', score: 0.5 }], labelSource: labelAt(0, 1) })
    await step(toRecords([meet({ labelSource: labelAt(0, 0) }), turned], 'flights.feedback'))
    const [bucket] = toDuel([...duels.values()], { champion: 'm1', candidate: 'm2' })
    assert.equal(duels.size, 1)
    assert.equal(bucket.labelled, 2)
    assert.ok(Math.abs(bucket.gainSum - 2 * Math.log(0.8 / 0.5)) < 1e-12)
  })
  it('adds nothing for feedback that comes again', async () => {
    const { step, duels } = open()
    const records = toRecords(
      [0, 1].map(at => meet({ labelSource: labelAt(0, at) })),
      'flights.feedback',
    )
    await step(records.slice(0, 1))
    await step(records)
    await step(records.map(record => ({ ...record, offset: record.offset + 100 })))
    assert.equal([...duels.values()][0].buckets[0].labelled, 2)
  })
  it('counts all three pairs of a row that three models scored, and none of a row that one did', async () => {
    const { step, duels } = open()
    await step(
      toRecords(
        [
          meet({
            shadows: [
              { model: 'm3', score: 0.1 },
              { model: 'm2', score: 0.8 },
            ],
            labelSource: labelAt(0, 0),
          }),
          meet({ shadows: [], labelSource: labelAt(0, 1) }),
          meet({ model: null, score: null, decision: null, shadows: [], labelSource: labelAt(0, 2) }),
        ],
        'flights.feedback',
      ),
    )
    assert.deepEqual([...duels.values()].map(({ models, buckets }) => [...models, buckets[0].labelled]).sort(), [
      ['m1', 'm2', 1],
      ['m1', 'm3', 1],
      ['m2', 'm3', 1],
    ])
  })
})
