import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromFirstFailed, makeDeliver } from '#functions/deliver/deliver.ts'
import type { OutgoingRecord, PredictionRow } from '#functions/ports.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBreaker, makeRecord, stepChecks, toLine } from '../../checks/step-checks.ts'
import { makePrediction } from '../../fixtures.ts'

function open({ breakCall, refusedIds = [] }: { readonly breakCall?: number; readonly refusedIds?: readonly string[] } = {}) {
  const rows: PredictionRow[] = []
  const messages: string[] = []
  const sent: OutgoingRecord[] = []
  const mayBreak = makeBreaker(breakCall)
  const step = makeDeliver({
    pipeline,
    table: {
      write: async given => {
        mayBreak()
        rows.push(...given.filter(row => !refusedIds.includes(row.id)))
        return new Set(refusedIds)
      },
    },
    notify: async given => {
      mayBreak()
      messages.push(...given.map(message => message.body))
    },
    send: async records => {
      mayBreak()
      sent.push(...records)
    },
  })
  return { step, rows, messages, sent, written: () => [...rows.map(row => JSON.stringify(row)), ...messages, ...sent.map(toLine)] }
}

const place = (at: number) => ({ topic: 'flights.predictions', partition: at >> 1, offset: at })
const good = [0, 1, 2, 3].map(at => makeRecord(makePrediction({ id: `f${at}`, decision: at === 2 ? 'notify' : 'none' }), place(at)))
const bad = [makeRecord(null), makeRecord(Buffer.from('{')), makeRecord({ ...makePrediction(), score: 'high' })]

stepChecks({ name: 'deliver', open, good, bad })

describe('deliver', () => {
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
      messages.map(body => JSON.parse(body).id),
      ['f2'],
    )
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
    const { failed = [] } = await open({ refusedIds: ['f0', 'f3'] }).step(good)
    assert.deepEqual(
      failed.map(record => record.offset),
      [0, 1, 3],
    )
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
