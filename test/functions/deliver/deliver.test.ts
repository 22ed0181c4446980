import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromFirstFailed, makeDeliver } from '#functions/deliver/deliver.ts'
import { makeJoin } from '#functions/join/join.ts'
import type { KafkaRecord, OutgoingRecord, PredictionRow } from '#functions/ports.ts'
import type { RejectionCode } from '#functions/records.ts'
import { parseRejected, toRejected } from '#functions/rejected.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBreaker, makeRecord, stepChecks, toLine } from '../../checks/step-checks.ts'
import { flight, landing, makePrediction } from '../../fixtures.ts'
import { toConsumed } from '../../memory-topic.ts'
import { memoryWaiting } from '../../memory-waiting.ts'

interface OpenOptions {
  readonly breakCall?: number
  readonly unwrittenIds?: readonly string[]
  /** Notifications that SNS will never take. */
  readonly refusedCount?: number
  readonly nowMs?: number
}

function open({ breakCall, unwrittenIds = [], refusedCount = 0, nowMs = Date.UTC(2026, 10, 23) }: OpenOptions = {}) {
  const rows: PredictionRow[] = []
  const messages: { readonly subject: string; readonly body: string }[] = []
  const sent: OutgoingRecord[] = []
  const mayBreak = makeBreaker(breakCall)
  const waiting = memoryWaiting(mayBreak)
  const table = {
    write: async (given: readonly PredictionRow[]) => {
      mayBreak()
      rows.push(...given.filter(row => !unwrittenIds.includes(row.id)))
      return new Set(unwrittenIds)
    },
    read: async (ids: readonly string[]) => new Map(rows.filter(({ id }) => ids.includes(id)).map(({ id, record }) => [id, record])),
    peek: async (ids: readonly string[]) => table.read(ids),
  }
  const step = makeDeliver({
    pipeline,
    table,
    waiting,
    notify: async given => {
      mayBreak()
      messages.push(...given)
      return { refusedCount }
    },
    send: async records => {
      mayBreak()
      sent.push(...records)
    },
    nowMs: () => nowMs,
  })
  const join = makeJoin({ pipeline, table, waiting, send: async records => void sent.push(...records), nowMs: () => 1_000 })
  const written = () => [...rows.map(row => JSON.stringify(row)), ...messages.map(({ body }) => body), ...sent.map(toLine)]
  return { step, join, rows, messages, sent, waiting, written }
}

const place = (at: number) => ({ topic: 'flights.predictions', partition: at >> 1, offset: at })
const good = [0, 1, 2, 3].map(at => makeRecord(makePrediction({ id: `f${at}`, decision: at === 2 ? 'notify' : 'none' }), place(at)))
const bad = [makeRecord(null), makeRecord(Buffer.from('{')), makeRecord({ ...makePrediction(), score: 'high' })]
const label = makeRecord(landing, { topic: 'flights.labels', partition: 4, offset: 40 })

/** The rejection of a record, as it lies in topic rejected. */
const rejectionOf = (record: KafkaRecord, step: string, code: RejectionCode) =>
  toConsumed(toRejected('flights.rejected', record, { step, code, reason: 'test' }))

stepChecks({ name: 'deliver', open, good, bad })

describe('deliver', () => {
  it('says nothing yet of records behind one that the table does not take, since they come again', async () => {
    const { step, messages, sent } = open({ unwrittenIds: ['hot'] })
    const hot = makeRecord(makePrediction({ id: 'hot' }), { ...place(0), offset: 10 })
    const behind = [
      makeRecord(Buffer.from('{'), { ...place(0), offset: 11 }),
      makeRecord(makePrediction({ id: 'u', decision: 'notify' }), { ...place(0), offset: 12 }),
    ]
    const before = makeRecord(Buffer.from('{'), { ...place(0), offset: 9 })
    const { failed, counts } = await step([before, hot, ...behind])
    assert.deepEqual(failed, [hot, ...behind])
    assert.deepEqual([messages.length, sent.length, counts.rejected, counts.notified], [0, 1, 1, 0])
  })
  it('joins a label that waits, wherever it dies before that', async () => {
    for (let breakCall = 0; breakCall < 40; breakCall++) {
      const { step, join, sent } = open({ breakCall })
      const prediction = [makeRecord(makePrediction(), place(0))]
      for (const run of [() => join([label]), () => step(prediction)]) {
        for (let tries = 0; tries < 3; tries++) await run().catch(() => {})
      }
      assert.ok(
        sent.some(({ topic }) => topic === 'flights.feedback'),
        `no pair where call ${breakCall} fails`,
      )
    }
  })
  it('writes the row that expires a day after the last moment of its label', async () => {
    const { step, rows } = open()
    const prediction = makePrediction({ score: null, decision: null, model: null })
    await step([makeRecord(prediction, place(0))])
    const expiresAtSec = 1 + (pipeline.labelArrivesWithinMs + 86_400_000) / 1000
    const { id, atMs } = prediction
    assert.deepEqual(rows, [{ id, score: null, decision: null, model: null, atMs, record: JSON.stringify(prediction), expiresAtSec }])
  })
  it('notifies of a decision that asks for it, and of no other', async () => {
    const { step, messages } = open()
    await step(good)
    assert.deepEqual(
      messages.map(({ body }) => JSON.parse(body).id),
      ['f2'],
    )
  })
  it("says the score that decided, where it was the layer's, beside the champion's", async () => {
    const { step, messages } = open()
    const layer = { version: 3, score: 0.8, trace: 'AA==' }
    await step([makeRecord(makePrediction({ id: 'a', score: 0.6, decision: 'notify', layer }), place(0))])
    const { score, layerScore } = JSON.parse(messages[0].body)
    assert.deepEqual([score, layerScore], [0.6, 0.8])
  })
  it('says the id in the body, and the same subject of every event: what SNS takes, whatever the id', async () => {
    const ids = ['F\nBcc: x', 'Flüg-1', 'x'.repeat(1_024), '__proto__']
    const { step, messages } = open()
    await step(ids.map((id, offset) => makeRecord(makePrediction({ id, decision: 'notify' }), { ...place(0), offset })))
    assert.deepEqual(
      messages.map(({ body }) => JSON.parse(body).id),
      ids,
    )
    for (const { subject, body } of messages) {
      assert.match(subject, /^[A-Za-z][\x20-\x7e]{0,99}$/)
      assert.ok(Buffer.byteLength(subject + body) < 262_144 / 10)
    }
  })
  it('counts a notification that will never be taken, and goes on', async () => {
    const { step, rows } = open({ refusedCount: 1 })
    const { failed = [], counts } = await step(good)
    assert.deepEqual([failed, rows.length, counts.notified, counts.refusedNotifications], [[], 4, 0, 1])
  })
  it('keeps the last of two predictions of an id in one batch', async () => {
    const { step, rows } = open()
    await step([makeRecord(makePrediction({ score: 0.1 })), makeRecord(makePrediction({ score: 0.2 }))])
    assert.deepEqual(
      rows.map(row => row.score),
      [0.2],
    )
  })
  it('reports a record that the table did not take and all after it in its partition', async () => {
    const { failed = [] } = await open({ unwrittenIds: ['f0', 'f3'] }).step(good)
    assert.deepEqual(
      failed.map(record => record.offset),
      [0, 1, 3],
    )
  })
  it('rejects a record that is larger than an item of the table', async () => {
    const { step, rows, sent } = open()
    await step([makeRecord({ ...makePrediction(), note: 'x'.repeat(400_000) }, place(0)), good[1]])
    assert.deepEqual([rows.map(({ id }) => id), parseRejected(sent[0] as KafkaRecord)?.code], [['f1'], 'RECORD_INVALID'])
  })
})

describe('deliver, where labels wait', () => {
  it('joins a label with its prediction as soon as that is written', async () => {
    const { step, join, sent, waiting } = open()
    await join([label])
    assert.deepEqual([sent, waiting.labels().length], [[], 1])
    const { counts } = await step([makeRecord(makePrediction(), place(0))])
    assert.deepEqual([counts.joined, waiting.labels()], [1, []])
    assert.deepEqual(
      [sent[0].topic, JSON.parse(String(sent[0].value)).labelSource],
      ['flights.feedback', { topic: 'flights.labels', partition: 4, offset: 40 }],
    )
  })
  it('looks for no label of an event that is younger than any label can be, by a minute of clocks that differ, and else does', async () => {
    const prediction = makePrediction()
    const earliestMs = prediction.atMs + pipeline.labelArrivesAfterMs - 60_000
    for (const [nowMs, looks] of [
      [earliestMs - 1, false],
      [earliestMs, true],
    ] as const) {
      const { step, join, waiting } = open({ nowMs })
      await join([label])
      await step([makeRecord(prediction, place(0))])
      assert.equal(waiting.labels().length, looks ? 0 : 1)
    }
  })
  it('leaves a label waiting whose prediction the table did not take', async () => {
    const { step, join, sent, waiting } = open({ unwrittenIds: ['f1'] })
    await join([label])
    await step([makeRecord(makePrediction(), place(0))])
    assert.deepEqual([sent, waiting.labels().length], [[], 1])
  })
  const event = makeRecord(flight, { offset: 7 })
  const features = makeRecord({ ...makePrediction(), source: { topic: 'flights.events', partition: 0, offset: 7 } })
  const refusals = [
    ['preprocess', 'FILTERED', event],
    ['preprocess', 'EVENT_LATE', event],
    ['preprocess', 'FEATURES_FAILED', event],
    ['infer', 'SCORE_INVALID', features],
  ] as const
  for (const [by, code, record] of refusals) {
    it(`rejects a label of an event that ${by} refused as ${code}, whichever comes first`, async () => {
      const rejection = rejectionOf(record, by, code)
      for (const labelFirst of [true, false]) {
        const { step, join, sent, waiting } = open()
        if (labelFirst) await join([label])
        await step([rejection])
        if (!labelFirst) await join([label])
        assert.equal(sent.length, 1)
        assert.match(toLine(sent[0]), new RegExp(`millrace-code=LABEL_UNMATCHED .*its event was rejected: ${code}`))
        assert.deepEqual(waiting.labels(), [])
      }
    })
  }
  it('joins a label of an event that was refused and then came well', async () => {
    const { step, join, sent } = open()
    await step([rejectionOf(event, 'preprocess', 'FILTERED')])
    await step([makeRecord(makePrediction(), place(0))])
    await join([label])
    assert.deepEqual(
      sent.map(({ topic }) => topic),
      ['flights.feedback'],
    )
  })
  it('takes no event of rejections that are of none: repeats, labels, what is no JSON, steps of strange names', async () => {
    const { step, join, sent, waiting } = open()
    await step([
      rejectionOf(event, 'preprocess', 'EVENT_REPEATED'),
      rejectionOf(makeRecord({ ...flight, origin: 7 }), 'preprocess', 'EVENT_INVALID'), // a broken copy, or mended and redriven later
      rejectionOf(makeRecord(landing), 'join', 'LABEL_UNMATCHED'),
      rejectionOf(makeRecord(Buffer.from('{')), 'preprocess', 'VALUE_NOT_JSON'),
      rejectionOf(event, 'constructor', 'FILTERED'),
      { ...event, topic: 'flights.rejected' },
    ])
    await join([label])
    assert.deepEqual([sent, waiting.labels().length], [[], 1])
  })
})

describe('fromFirstFailed', () => {
  it('is empty where nothing failed', () => {
    assert.deepEqual(
      fromFirstFailed(good, () => false),
      [],
    )
  })
})
