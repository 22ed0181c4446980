import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { makeEvaluate } from '#functions/counters/evaluate.ts'
import { type TallyArm, tallyName } from '#functions/counters/names.ts'
import { readDuel, readTallies } from '#functions/counters/read.ts'
import { parseTally, type Tally } from '#functions/counters/tallies.ts'
import type { CounterItem, CounterStore } from '#functions/ports.ts'
import type { Feedback } from '#functions/records.ts'
import { pipeline } from '#models/pipeline.ts'
import { toQuality } from '#models/task/yes-no/counters.ts'
import { makeBreaker, makeRecord, stepChecks } from '../../checks/step-checks.ts'
import { makeFeedback, makePrediction } from '../../fixtures.ts'
import { memoryDynamo } from '../../memory-dynamo.ts'

function open({ breakCall }: { readonly breakCall?: number } = {}) {
  const mayBreak = makeBreaker(breakCall)
  const writes: CounterItem[] = []
  const store = dynamoCounters('counters', memoryDynamo().client)
  const counters: CounterStore = {
    ...store,
    read: async keys => {
      mayBreak()
      return store.read(keys)
    },
    write: async items => {
      mayBreak()
      await store.write(items)
      writes.push(...items)
    },
  }
  const step = makeEvaluate({ pipeline, counters, nowMs: () => 0 })
  const tally = async (partition: string, model: string | null, arm: TallyArm = 'champion'): Promise<Tally> => {
    const [item] = await store.read([{ partition, name: tallyName(model, arm) }])
    return parseTally(item)
  }
  const all = async () => [...(await store.readAll([...new Set(writes.map(({ partition }) => partition))], ''))]
  return { step, store, tally, all, written: () => writes.map(item => JSON.stringify(item)) }
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
  it('counts no row of a place that is not of this pipeline, which its guard would have to remember', async () => {
    const { step, all } = open()
    const sources = [
      { topic: 'strangers.labels', partition: 0, offset: 1 },
      { topic: 'flights.events', partition: 0, offset: 1 },
      { topic: 'flights.labels', partition: 4_096, offset: 1 },
    ]
    const records = sources.map((labelSource, offset) =>
      makeRecord(makeFeedback({ id: `s${offset}`, labelSource }), { topic: 'flights.feedback', offset }),
    )
    const { counts } = await step(records)
    assert.deepEqual([counts, await all()], [{ counted: 0, invalid: 3 }, []])
  })
  it('counts the quality of each model', async () => {
    const { step, tally } = open()
    await step(good)
    const { labelled, accuracy, recall } = toQuality((await tally('flights.feedback-0', 'm1')).quality)
    assert.deepEqual([labelled, accuracy, recall], [2, 0.5, 1])
  })
  it('adds nothing for feedback that comes again, even at new offsets of its own', async () => {
    const { step, all } = open()
    await step(good)
    const before = await all()
    await step(good)
    await step(good.map(record => ({ ...record, offset: record.offset + 100 })))
    assert.deepEqual(await all(), before)
  })
  it('counts a label once that comes directly and went round as well, before or after later ones', async () => {
    const { step, tally } = open()
    const feedback = [4, 6, 5, 4, 5, 6].map((label, offset) => {
      return makeRecord(makeFeedback({ labelSource: labelAt(0, label) }), { topic: 'flights.feedback', offset })
    })
    await step(feedback.slice(0, 4))
    await step(feedback.slice(2))
    assert.equal(toQuality((await tally('flights.feedback-0', 'm1')).quality).labelled, 3)
  })
  it('counts an event once that came again and was scored by another model', async () => {
    const { step, store } = open()
    const source = { topic: 'flights.events', partition: 0, offset: 0 }
    await step([makeRecord(makePrediction({ source }), { topic: 'flights.predictions' })])
    await step([makeRecord(makePrediction({ source, model: 'm2' }), { topic: 'flights.predictions', offset: 1 })])
    const tallies = await readTallies(store)
    assert.deepEqual(
      tallies.map(({ model, predicted }) => [model, predicted]),
      [['m1', 1]],
    )
  })
  it('counts predictions apart from labels, and those without a score apart from both', async () => {
    const { step, tally } = open()
    const source = (offset: number) => ({ topic: 'flights.events', partition: 0, offset })
    await step([
      makeRecord(makePrediction({ source: source(0) }), { topic: 'flights.predictions' }),
      makeRecord(makePrediction({ source: source(1), score: null, decision: null, model: null }), {
        topic: 'flights.predictions',
        offset: 1,
      }),
      makeRecord(makeFeedback({ score: null, decision: null, model: null }), { topic: 'flights.feedback' }),
    ])
    assert.equal((await tally('flights.predictions-0', 'm1')).predicted, 1)
    assert.equal((await tally('flights.predictions-0', null)).predicted, 1)
    const none = await tally('flights.feedback-0', null)
    assert.deepEqual([none.predicted, none.unscored, toQuality(none.quality).labelled], [0, 1, 0])
  })
  it('counts the scores of each model and arm apart, those kept beside another under shadow', async () => {
    const { step, store, tally } = open()
    const shadows = [{ model: 'm2', score: 0.2 }]
    await step(
      [
        makeFeedback({ shadows, labelSource: labelAt(0, 0) }),
        makeFeedback({ shadows, labelSource: labelAt(0, 1) }),
        makeFeedback({ model: 'm2', score: 0.9, arm: 'challenger', shadows: [{ model: 'm1', score: 0.1 }], labelSource: labelAt(0, 2) }),
      ].map((feedback, offset) => makeRecord(feedback, { topic: 'flights.feedback', offset })),
    )
    const accuracies = (await readTallies(store)).map(({ model, arm, quality }) => {
      return `${model} ${arm} ${toQuality(quality).labelled} ${toQuality(quality).accuracy}`
    })
    assert.deepEqual(accuracies.sort(), ['m1 champion 2 1', 'm1 shadow 1 0', 'm2 challenger 1 1', 'm2 shadow 2 0'])
    const { baselines } = toQuality((await tally('flights.feedback-0', 'm2', 'shadow')).quality)
    assert.equal(baselines.majorityAccuracy, 0.5, 'a row is one label to the baselines, however many models scored it')
  })
})

describe('evaluate, of what nobody expected', () => {
  const names = ['every', 'none', 'guard', 'partitions', 'constructor', 'toString', 'valueOf', 'hasOwnProperty']

  it('counts a model apart that is called like an item of the table or a member of every object', async () => {
    const { step, store } = open()
    const values = [null, ...names].map((model, at) => {
      const score = model === null ? null : 0.9
      return makeFeedback({ model, score, decision: null, shadows: [{ model: 'm2', score: 0.2 }], labelSource: labelAt(0, at) })
    })
    await step(values.map((value, offset) => makeRecord(value, { topic: 'flights.feedback', offset })))
    const tallies = await readTallies(store)
    const labelled = new Map(tallies.map(({ model, arm, quality }) => [model && `${arm} ${model}`, toQuality(quality).labelled]))
    assert.deepEqual(labelled, new Map([...names.map(name => [`champion ${name}`, 1] as const), [null, 0], ['shadow m2', 9]]))
    for (const name of names) assert.equal((await readDuel(store)(name, 'm2'))[0].labelled, 1, name)
  })
  it('takes a record that cannot be one of ours as invalid', async () => {
    const { step, written } = open()
    const shadows = Array.from({ length: 9 }, (_, at) => ({ model: `m${at}`, score: 0.5 }))
    const values = [
      makeFeedback({ model: '__proto__' }),
      makeFeedback({ model: 'a/b' }),
      makeFeedback({ model: 'm'.repeat(2_000) }),
      makeFeedback({ shadows: [{ model: '', score: 0.5 }] }),
      makeFeedback({ shadows }),
      makeFeedback({ labelSource: labelAt(0, -1) }),
      makeFeedback({ labelSource: labelAt(0, 1e300) }),
      makeFeedback({ labelSource: labelAt(0.5, 1) }),
    ]
    const { counts } = await step(values.map(value => makeRecord(value, { topic: 'flights.feedback' })))
    assert.deepEqual([counts, written()], [{ counted: 0, invalid: 8 }, []])
  })
})

describe('evaluate, of two models on the same rows', () => {
  const hourMs = 3_600_000
  const meet = (changes: Partial<Feedback>) => makeFeedback({ model: 'm1', score: 0.5, shadows: [{ model: 'm2', score: 0.8 }], ...changes })
  const toRecords = (values: readonly object[], topic: string) => values.map((value, offset) => makeRecord(value, { topic, offset }))

  it('adds up by hour of event time how much less the candidate loses', async () => {
    const { step, store } = open()
    const rows = [0, 1, 2].map(at => meet({ atMs: at * hourMs * 0.6, target: at === 2 ? 0 : 1, labelSource: labelAt(0, at) }))
    await step(toRecords(rows, 'flights.feedback'))
    await step(
      toRecords(
        rows.map((row, offset) => ({ ...row, source: { topic: 'flights.events', partition: 0, offset } })),
        'flights.predictions',
      ),
    )
    const [first, second, ...none] = await readDuel(store)('m1', 'm2')
    const [won, lost] = [Math.log(0.8 / 0.5), Math.log(0.2 / 0.5)]
    assert.deepEqual(
      [first.startMs, first.predicted, first.labelled, second.startMs, second.predicted, second.labelled],
      [0, 2, 2, hourMs, 1, 1],
    )
    assert.ok(Math.abs(first.gainSum - 2 * won) < 1e-12)
    assert.ok(Math.abs(second.gainSum - lost) < 1e-12)
    assert.deepEqual(none, [])
    assert.equal((await readDuel(store)('m2', 'm1'))[0].gainSum, -first.gainSum)
    assert.deepEqual(await readDuel(store)('m1', 'm3'), [])
  })
  it('is one duel wherever a score stands: counted, kept beside, in either arm', async () => {
    const { step, store } = open()
    const turned = meet({ model: 'm2', score: 0.8, arm: 'challenger', shadows: [{ model: 'm1', score: 0.5 }], labelSource: labelAt(0, 1) })
    await step(toRecords([meet({ labelSource: labelAt(0, 0) }), turned], 'flights.feedback'))
    const [bucket] = await readDuel(store)('m1', 'm2')
    assert.equal(bucket.labelled, 2)
    assert.ok(Math.abs(bucket.gainSum - 2 * Math.log(0.8 / 0.5)) < 1e-12)
  })
  it('adds nothing for feedback that comes again', async () => {
    const { step, store } = open()
    const records = toRecords(
      [0, 1].map(at => meet({ labelSource: labelAt(0, at) })),
      'flights.feedback',
    )
    await step(records.slice(0, 1))
    await step(records)
    await step(records.map(record => ({ ...record, offset: record.offset + 100 })))
    assert.equal((await readDuel(store)('m1', 'm2'))[0].labelled, 2)
  })
  it('counts all three pairs of a row that three models scored, and none of a row that one did', async () => {
    const { step, store } = open()
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
    const labelled = [
      ['m1', 'm2'],
      ['m1', 'm3'],
      ['m2', 'm3'],
    ].map(async ([first, second]) => (await readDuel(store)(first, second)).map(hour => hour.labelled))
    assert.deepEqual(await Promise.all(labelled), [[1], [1], [1]])
  })
})
