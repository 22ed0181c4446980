import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeJoin } from '#functions/join/join.ts'
import type { KafkaRecord, OutgoingRecord } from '#functions/ports.ts'
import { parseRejected } from '#functions/rejected.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBreaker, makeRecord, stepChecks, toLine } from '../../checks/step-checks.ts'
import { landing, makePrediction } from '../../fixtures.ts'
import { memoryWaiting } from '../../memory-waiting.ts'

interface OpenOptions {
  readonly breakCall?: number
  readonly known?: readonly string[]
  /** Predictions that a glance does not see yet. */
  readonly overlooked?: readonly string[]
}

/** A join over tables in memory, whose predictions may come between any two calls. */
function open({ breakCall, known = ['f0', 'f1', 'f2', 'f3'], overlooked = [] }: OpenOptions = {}) {
  const sent: OutgoingRecord[] = []
  const mayBreak = makeBreaker(breakCall)
  const predicted = new Set(known)
  const calls: string[] = []
  const on = { call: (_name: string) => {} }
  const waiting = memoryWaiting(name => {
    mayBreak()
    calls.push(name)
    on.call(name)
  })
  const clock = { ms: 1_000 }
  const find = (name: string, unseen: readonly string[]) => async (ids: readonly string[]) => {
    mayBreak()
    if (ids.length > 0) calls.push(name)
    return new Map(ids.filter(id => predicted.has(id) && !unseen.includes(id)).map(id => [id, JSON.stringify(makePrediction({ id }))]))
  }
  const step = makeJoin({
    pipeline,
    table: { read: find('look', []), peek: find('glance', overlooked) },
    waiting,
    send: async records => {
      mayBreak()
      sent.push(...records)
    },
    nowMs: () => clock.ms,
  })
  return { step, sent, waiting, predicted, calls, clock, on, written: () => sent.map(toLine) }
}

const place = (at: number) => ({ topic: 'flights.labels', partition: at >> 1, offset: at })
const good = [0, 1, 2, 3].map(at => makeRecord({ ...landing, flightId: `f${at}` }, place(at)))
const bad = [makeRecord(null), makeRecord(Buffer.from('{')), makeRecord({ flightId: 'f1' })]
const topicsOf = (sent: readonly OutgoingRecord[]) => sent.map(record => record.topic)
const codesOf = (sent: readonly OutgoingRecord[]) => sent.map(record => parseRejected(record as KafkaRecord)?.code)

stepChecks({ name: 'join', open, good, bad })

describe('join', () => {
  it('sends a label with its prediction to feedback', async () => {
    const { step, sent } = open()
    await step(good.slice(1, 2))
    assert.deepEqual(topicsOf(sent), ['flights.feedback'])
    assert.deepEqual(JSON.parse(String(sent[0].value)), {
      ...makePrediction({ id: 'f1' }),
      target: 1,
      labelAtMs: landing.landedAtMs,
      labelSource: place(1),
    })
  })
  it('puts a label that came before its prediction down, as it came', async () => {
    const { step, sent, waiting } = open({ known: [] })
    const { counts } = await step(good.slice(0, 1))
    assert.deepEqual([sent, counts.waiting], [[], 1])
    assert.deepEqual(
      waiting.labels().map(({ record, dueAtMs }) => [record, dueAtMs]),
      [[good[0], 1_000 + pipeline.labelArrivesWithinMs]],
    )
  })
  it('joins a label whose prediction was written a moment before the glance', async () => {
    const { step, sent, waiting, calls } = open({ overlooked: ['f0'] })
    const { counts } = await step(good.slice(0, 1))
    assert.deepEqual([topicsOf(sent), waiting.labels(), counts.joined], [['flights.feedback'], [], 1])
    assert.deepEqual(
      calls.filter(name => name === 'glance' || name === 'look'),
      ['glance', 'look'],
    )
  })
  it('rejects no label of an event that was refused, whose twin was predicted a moment before the glance', async () => {
    const { step, sent, waiting } = open({ overlooked: ['f0'] })
    await waiting.refuse([{ id: 'f0', code: 'FILTERED', expiresAtSec: 1 }])
    await step(good.slice(0, 1))
    assert.deepEqual(topicsOf(sent), ['flights.feedback'])
  })
  it('costs a label that finds its prediction one glance', async () => {
    const { step, calls } = open()
    await step(good.slice(0, 1))
    assert.deepEqual(
      calls.filter(name => name !== 'readDue' && name !== 'remove'), // of nothing
      ['glance'],
    )
  })
  it('joins a label whose prediction came after the first look and before it was put down', async () => {
    const { step, sent, waiting, predicted, on } = open({ known: [] })
    on.call = name => {
      if (name === 'park') predicted.add('f0')
    }
    const { counts } = await step(good.slice(0, 1))
    assert.deepEqual([topicsOf(sent), waiting.labels(), counts.waiting, counts.joined], [['flights.feedback'], [], 0, 1])
  })
  it('rejects a label for nothing when its wait is over, and costs it three looks until then', async () => {
    const { step, sent, waiting, calls, clock } = open({ known: [] })
    await step(good.slice(0, 1))
    const others = [makeRecord({ ...landing, flightId: 'f9' }, { ...place(0), offset: 9 })]
    calls.length = 0
    clock.ms = 999 + pipeline.labelArrivesWithinMs
    await step(others)
    assert.deepEqual(sent, [])
    clock.ms += 60_000
    await step(others)
    assert.deepEqual([topicsOf(sent), codesOf(sent)], [['flights.rejected'], ['LABEL_UNMATCHED']])
    assert.deepEqual(parseRejected(sent[0] as KafkaRecord)?.source, place(0))
    assert.deepEqual(
      waiting.labels().map(({ id }) => id),
      ['f9'],
    )
  })
  it('looks for due labels once a minute a partition, and costs nothing more while a hundred thousand wait', async () => {
    const { step, calls, clock } = open()
    await step(good.slice(0, 1))
    for (let batch = 0; batch < 60; batch++) {
      clock.ms += 1_000
      await step(good.slice(0, 1))
    }
    assert.equal(calls.filter(name => name === 'readDue').length, 2)
    assert.equal(calls.filter(name => name === 'park').length, 0)
  })
  it('rejects 2,500 labels that are due within the minute, at most a thousand a batch, and then looks no more', async () => {
    const { step, sent, waiting, predicted, calls, clock } = open({ known: [] })
    await step(Array.from({ length: 2_500 }, (_, at) => makeRecord({ ...landing, flightId: `n${at}` }, { ...place(0), offset: at })))
    predicted.add('f0')
    clock.ms += pipeline.labelArrivesWithinMs + 60_000
    calls.length = 0
    const left: number[] = []
    for (let batch = 0; batch < 4; batch++) {
      await step(good.slice(0, 1))
      left.push(waiting.labels().length)
    }
    assert.deepEqual(left, [1_500, 500, 0, 0])
    assert.equal(calls.filter(name => name === 'readDue').length, 3)
    const rejected = new Set(sent.flatMap(record => parseRejected(record as KafkaRecord)?.source.offset ?? []))
    assert.equal(rejected.size, 2_500)
  })
  it('rejects a label at once whose event was refused', async () => {
    const { step, sent, waiting } = open({ known: [] })
    await waiting.refuse([{ id: 'f0', code: 'FILTERED', expiresAtSec: 1 }])
    await step(good.slice(0, 1))
    assert.match(toLine(sent[0]), /millrace-code=LABEL_UNMATCHED \| millrace-reason=its event was rejected: FILTERED/)
    assert.deepEqual(waiting.labels(), [])
  })
  it('lets the latest of two labels of an id wait, in one batch, in two, and when the batch comes again, and rejects the other', async () => {
    const later = makeRecord({ ...landing, flightId: 'f0', landedAtMs: landing.landedAtMs + 1 }, { ...place(0), offset: 9 })
    for (const batches of [[[good[0], later]], [[good[0]], [later]], [[later], [good[0]]]]) {
      const { step, sent, waiting } = open({ known: [] })
      for (const batch of batches) await step(batch)
      for (const batch of batches) await step(batch) // a redelivery
      assert.deepEqual(
        waiting.labels().map(({ record }) => record.offset),
        [9],
      )
      assert.ok(sent.length > 0)
      for (const record of sent) {
        assert.deepEqual(
          [parseRejected(record as KafkaRecord)?.code, parseRejected(record as KafkaRecord)?.source.offset],
          ['LABEL_REPLACED', 0],
        )
      }
    }
  })
  it('rejects the replaced label before it takes its place: a crash in between leaves both', async () => {
    const later = makeRecord({ ...landing, flightId: 'f0', landedAtMs: landing.landedAtMs + 1 }, { ...place(0), offset: 9 })
    const { step, sent, waiting, on } = open({ known: [] })
    await step(good.slice(0, 1))
    on.call = name => {
      if (name === 'park') throw new Error('the table is away')
    }
    await assert.rejects(step([later]))
    assert.deepEqual([codesOf(sent), waiting.labels()[0].record.offset], [['LABEL_REPLACED'], 0])
  })
  it('rejects a label at once that is too large to wait', async () => {
    const { step, sent, waiting } = open({ known: [] })
    await step([makeRecord({ ...landing, flightId: 'f0', note: 'x'.repeat(200_000) }, place(0))])
    assert.deepEqual([codesOf(sent), waiting.labels()], [['LABEL_UNMATCHED'], []])
  })
  it('rejects a label at once whose headers are too large to wait, though its content is small', async () => {
    const ofNames = [['\u0001'.repeat(90_000), Buffer.alloc(0)]] as const
    const ofMany = Array.from({ length: 60_000 }, () => ['', Buffer.alloc(0)] as const)
    for (const headers of [ofNames, ofMany]) {
      const { step, sent, waiting } = open({ known: [] })
      await step([makeRecord(landing, { ...place(0), headers })])
      assert.deepEqual([codesOf(sent), waiting.labels()], [['LABEL_UNMATCHED'], []])
    }
  })
  it('takes no notice of headers that a producer writes, whatever their names', async () => {
    const names = ['millrace-first-seen-ms', 'millrace-label-source', 'constructor', '__proto__']
    for (const value of ['abc', '0', '-1', '']) {
      const headers = names.map(name => [name, Buffer.from(value)] as const)
      const { step, sent, waiting } = open({ known: [] })
      await step([makeRecord(landing, { ...place(0), headers })])
      assert.deepEqual([sent, waiting.labels()[0].record.headers], [[], headers])
    }
  })
  it('makes a pair of each label of an id that comes twice', async () => {
    const { step, sent } = open()
    await step([good[0], makeRecord({ ...landing, flightId: 'f0', delayMinutes: 0 }, { ...place(0), offset: 9 })])
    assert.deepEqual(
      sent.map(record => JSON.parse(String(record.value)).target),
      [1, 0],
    )
  })
  it('rejects a label that names no flight, with the field', async () => {
    const { step, sent } = open()
    await step([makeRecord({ ...landing, flightId: null })])
    assert.match(toLine(sent[0]), /millrace-code=LABEL_INVALID \| millrace-reason=flightId: /)
  })
})
