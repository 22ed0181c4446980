import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeAdapt } from '#functions/adapt/adapt.ts'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { parseGuard } from '#functions/counters/guard.ts'
import { openCurrentLayer } from '#functions/layer/current.ts'
import { isSameState, readChapters, recompute } from '#functions/layer/recompute.ts'
import { decodeState, encodeState, type LayerState, startState } from '#functions/layer/state.ts'
import { listSnapshots, readState, writeState } from '#functions/layer/store.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import type { Feedback } from '#functions/records.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBreaker, makeRecord, stepChecks } from '../../checks/step-checks.ts'
import { makeFeedback, makeNumberedFeedback } from '../../fixtures.ts'
import { memoryDynamo } from '../../memory-dynamo.ts'

const nowMs = 5_000
const stateKey = 'layers/flights/state'

function open({ breakCall, store = memoryStore() }: { readonly breakCall?: number; readonly store?: ReturnType<typeof memoryStore> } = {}) {
  const mayBreak = makeBreaker(breakCall)
  const written: string[] = []
  const reports: string[] = []
  const step = makeAdapt({
    pipeline,
    store: {
      ...store,
      get: key => {
        mayBreak()
        return store.get(key)
      },
      putIf: async (key, body, etag) => {
        mayBreak()
        const won = await store.putIf(key, body, etag)
        if (won) written.splice(0, Number.POSITIVE_INFINITY, ...learntPlaces(decodeState(body, key)))
        return won
      },
    },
    counters: dynamoCounters('counters', memoryDynamo().client),
    nowMs: () => nowMs,
    report: ({ kind }) => reports.push(kind),
  })
  const state = async () => (await readState(store, pipeline.name)).state!
  return { step, store, reports, state, written: () => written }
}

/** The labels that a state knows, by their places in topic labels. */
function learntPlaces({ guard }: LayerState): string[] {
  const { sources } = parseGuard({ json: guard })
  return [...sources].map(([name, { spans }]) => `${name}: ${spans.join(' ')}`)
}

/** Feedback of one of several partitions; each label once, in the order of its number. */
function makeFeedbackRecord(at: number, changes: Partial<Feedback> = {}, place: Partial<KafkaRecord> = {}): KafkaRecord {
  return makeRecord(makeNumberedFeedback(at, changes), {
    topic: 'flights.feedback',
    partition: at % 3,
    offset: at,
    recordedAtMs: 1_000 + at,
    ...place,
  })
}

const good = [0, 1, 2, 3].map(at => makeFeedbackRecord(at, {}, { partition: at >> 1 }))
const bad = [makeRecord(null), makeRecord(Buffer.from('{')), makeRecord({ id: 1 })].map((record, at) => {
  return { ...record, topic: 'flights.feedback', partition: 2, offset: 100 + at }
})

stepChecks({ name: 'adapt', open, good, bad })

const records = Array.from({ length: 60 }, (_, at) => makeFeedbackRecord(at))
const at = (from: number, to: number) => records.slice(from, to)

/** The layer's score of a row by a state. */
const scoreOf = (state: LayerState) => {
  const { atMs, features, score } = makeFeedback()
  return openCurrentLayer(pipeline, state).score({ atMs, features, championScore: score }).score
}

describe('adapt', () => {
  it('begins a layer with the first labels, and moves its scores', async () => {
    const { step, state, reports } = open()
    const { counts } = await step(records)
    assert.equal(counts.learnt, 60)
    assert.deepEqual(reports, ['started'])
    const { version, learntAtMs, log, definition } = await state()
    assert.deepEqual([version, learntAtMs, definition], [1, nowMs, pipeline.definition])
    assert.deepEqual(log, [[1, [[0, 0, 57], [1, 1, 58], [2, 2, 59]]]]) // biome-ignore format: a table
    assert.notEqual(scoreOf(await state()), scoreOf(startState(pipeline)))
  })
  it('learns nothing again from a batch that comes again, whole or cut elsewhere: not a byte is written', async () => {
    const { step, store } = open()
    await step(at(0, 30))
    await step(at(30, 60))
    const before = await store.get(stateKey)
    for (const again of [records, at(0, 30), at(10, 45), at(59, 60)]) {
      const { counts } = await step(again)
      assert.deepEqual(counts, { learnt: 0, repeated: again.length })
    }
    assert.deepEqual(await store.get(stateKey), before)
  })
  it('learns the rest of a batch of which it knows a part', async () => {
    const { step, state } = open()
    await step(at(0, 30))
    const { counts } = await step(records)
    assert.deepEqual([counts.learnt, counts.repeated], [30, 30])
    assert.equal((await state()).version, 2)
  })
  it('learns a label once that stands in the topic twice, and leaves the second out of what the version has learnt', async () => {
    const { step, state } = open()
    const twice = [...at(0, 6), makeFeedbackRecord(0, {}, { partition: 0, offset: 90, recordedAtMs: 2_000 })]
    const { counts } = await step(twice)
    assert.deepEqual([counts.learnt, counts.repeated], [6, 1])
    const { log, offsets } = await state()
    assert.deepEqual(log[0][1][0], [0, 0, 3])
    assert.equal(offsets[0].next, 91)
  })
  it('comes to the same bits whichever order a batch lists its partitions in', async () => {
    const first = open()
    const second = open()
    await first.step(records)
    await second.step([2, 0, 1].flatMap(partition => records.filter(record => record.partition === partition)))
    assert.ok(isSameState(await first.state(), await second.state()))
  })
  it('does its work anew where another writer was first, so that two at once learn each label once', async () => {
    const store = memoryStore()
    const [one, other] = [open({ store }), open({ store })]
    await Promise.all([one.step(at(0, 30)), other.step(at(30, 60))])
    const alone = open()
    await alone.step(at(0, 30))
    await alone.step(at(30, 60))
    const state = await one.state()
    assert.equal(state.version, 2)
    assert.deepEqual(learntPlaces(state), learntPlaces(await alone.state()))
    await Promise.all([one.step(records), other.step(records)])
    assert.ok(isSameState(await one.state(), state))
  })
  it('lets a writer for each of six partitions learn at once, each label once, and none gives up', async () => {
    const store = memoryStore()
    const steps = Array.from({ length: 6 }, () => open({ store }))
    const batches = steps.map((_, partition) => {
      return Array.from({ length: 10 }, (_, row) => makeFeedbackRecord(partition + 6 * row, {}, { partition }))
    })
    const outcomes = await Promise.all(steps.map(({ step }, writer) => step(batches[writer])))
    assert.deepEqual(
      outcomes.map(({ counts }) => counts.learnt),
      steps.map(() => 10),
    )
    const state = await steps[0].state()
    assert.deepEqual([state.version, state.log.length], [6, 6])
    await Promise.all(steps.map(({ step }, writer) => step(batches[writer])))
    assert.ok(isSameState(await steps[0].state(), state))
  })
  it('throws where others are first again and again', async () => {
    const { step, store } = open()
    store.putIf = async () => false
    await assert.rejects(step(records), /was written by another 20 times/)
  })
  it('learns nothing while it is frozen, nor later what came meanwhile', async () => {
    const { step, store, state } = open()
    await step(at(0, 30))
    const { state: before, etag } = await readState(store, pipeline.name)
    await writeState(store, pipeline.name, { state: { ...before!, frozenSinceMs: 1 }, etag })
    const { counts } = await step(at(30, 60))
    assert.deepEqual([counts.learnt, counts.frozen], [0, 30])
    assert.ok(isSameState(await state(), before!))
  })
  it('begins anew with a definition of other features, and keeps the old state', async () => {
    const { step, store, state, reports } = open()
    const old = { ...startState({ ...pipeline, definition: 'other' }), version: 7 }
    await writeState(store, pipeline.name, { state: old, etag: null })
    await step(records)
    assert.deepEqual(reports, ['started'])
    assert.deepEqual(await listSnapshots(store, pipeline.name), [7])
    assert.deepEqual([(await state()).version, (await state()).origin], [8, null])
  })
  it('counts feedback of another definition, and what is none, and learns neither', async () => {
    const { step } = open()
    const { counts } = await step([...at(0, 3), makeFeedbackRecord(3, { definition: 'other' }), ...bad])
    assert.deepEqual([counts.learnt, counts.ofOtherDefinitions, counts.invalid], [3, 1, 3])
  })
  it('goes on from the newest snapshot where the state is cut in half', async () => {
    const { step, store, state, reports } = open()
    await step(at(0, 20))
    const { champion } = await state()
    await step(at(20, 40).map(record => withModel(record, 'm2', champion!.scoredAtMs + 1)))
    assert.deepEqual(await listSnapshots(store, pipeline.name), [1], 'a new champion leaves a snapshot')
    const whole = (await store.get(stateKey))!
    await store.put(stateKey, whole.body.subarray(0, whole.body.length / 2))
    const { counts } = await step(at(40, 60))
    assert.equal(counts.learnt, 20)
    assert.deepEqual(reports, ['started', 'broken', 'restored'])
    const { version, origin, log } = await state()
    assert.deepEqual([version > 500, origin, log.length], [true, 1, 1])
  })
  it('begins again where topic feedback was deleted and made anew', async () => {
    const { step, reports } = open()
    await step(records)
    const { counts } = await step([makeFeedbackRecord(0, {}, { recordedAtMs: 9_000 })])
    assert.equal(counts.learnt, 1)
    assert.deepEqual(reports, ['started', 'rewound'])
  })
  it('can be made again from the records to the bit, over snapshots too', async () => {
    const { step, store, state } = open()
    await step(at(0, 10))
    const layer = openCurrentLayer(pipeline, await state())
    const traced = at(10, 60).map((record, row) => {
      const feedback = JSON.parse(String(record.value)) as Feedback
      const scored = { ...feedback, layer: layer.score({ ...feedback, championScore: feedback.score }), scoredAtMs: 2_000 + row }
      return { ...record, value: Buffer.from(JSON.stringify({ ...scored, model: row < 25 ? 'm1' : 'm2' })) }
    })
    for (let from = 0; from < 50; from += 7) await step(traced.slice(from, from + 7))
    const topic = [...at(0, 10), ...traced]
    const chapters = await readChapters(store, pipeline.name, await state())
    assert.equal(chapters.length, 2)
    for (const chapter of chapters) {
      const again = await recompute(pipeline, chapter, {
        read: async spans =>
          topic.filter(({ partition, offset }) =>
            spans.some(([own, first, last]) => own === partition && offset >= first && offset <= last),
          ),
      })
      assert.ok(isSameState(again, chapter.to))
      assert.deepEqual(again.totals, chapter.to.totals)
    }
    const { totals } = await state()
    assert.equal(totals.labels, 50)
  })
})

function withModel(record: KafkaRecord, model: string, scoredAtMs: number): KafkaRecord {
  return { ...record, value: Buffer.from(JSON.stringify({ ...(JSON.parse(String(record.value)) as Feedback), model, scoredAtMs })) }
}

describe('decodeState', () => {
  const state = startState(pipeline)
  it('gives back what was encoded', () => {
    assert.deepEqual(decodeState(encodeState(state), 'key'), state)
  })
  it('rejects a state that is cut, at any byte', () => {
    const body = encodeState(state)
    for (let length = 0; length < body.length; length += 97) {
      assert.throws(() => decodeState(body.subarray(0, length), 'key'), { code: 'LAYER_INVALID' })
    }
  })
  it('rejects numbers that are none', () => {
    const numbers = state.numbers.slice()
    numbers[3] = Number.NaN
    assert.throws(() => decodeState(encodeState({ ...state, numbers }), 'key'), /holds what is no number/)
  })
})
