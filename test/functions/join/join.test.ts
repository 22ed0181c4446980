import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeJoin } from '#functions/join/join.ts'
import type { KafkaRecord, OutgoingRecord } from '#functions/ports.ts'
import { countRedrives } from '#functions/rejected.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBreaker, makeRecord, stepChecks, toLine } from '../../checks/step-checks.ts'
import { landing, makePrediction } from '../../fixtures.ts'

function open({
  breakCall,
  nowMs = 1_000,
  known = ['f0', 'f1', 'f2', 'f3'],
}: {
  breakCall?: number
  nowMs?: number
  known?: string[]
} = {}) {
  const sent: OutgoingRecord[] = []
  const mayBreak = makeBreaker(breakCall)
  const step = makeJoin({
    pipeline,
    table: {
      read: async ids => {
        mayBreak()
        return new Map(ids.filter(id => known.includes(id)).map(id => [id, JSON.stringify(makePrediction({ id }))]))
      },
    },
    send: async records => {
      mayBreak()
      sent.push(...records)
    },
    nowMs: () => nowMs,
  })
  return { step, sent, written: () => sent.map(toLine) }
}

const place = (at: number) => ({ topic: 'flights.labels', partition: at >> 1, offset: at })
const good = [0, 1, 2, 3].map(at => makeRecord({ ...landing, flightId: `f${at}` }, place(at)))
const bad = [makeRecord(null), makeRecord(Buffer.from('{')), makeRecord({ flightId: 'f1' })]
const topicsOf = (sent: readonly OutgoingRecord[]) => sent.map(record => record.topic)

/** The record that goes round, as Kafka gives it back. */
function comeBack({ headers = [], value }: OutgoingRecord): KafkaRecord {
  const bytes = headers.map(([name, content]) => [name, Buffer.from(content)] as const)
  return makeRecord(value, { topic: 'flights.labels-waiting', headers: bytes })
}

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
  it('sends a label that came before its prediction round, and joins it when it is back', async () => {
    const early = open({ known: [] })
    await early.step(good.slice(0, 1))
    assert.deepEqual(topicsOf(early.sent), ['flights.labels-waiting'])
    const later = open({ nowMs: 2_000 })
    await later.step([comeBack(early.sent[0])])
    assert.deepEqual(topicsOf(later.sent), ['flights.feedback'])
  })
  it('keeps the place of a label however often it goes round', async () => {
    const first = open({ known: [] })
    await first.step(good.slice(3, 4))
    const second = open({ known: [] })
    await second.step([comeBack(first.sent[0])])
    const third = open()
    await third.step([comeBack(second.sent[0])])
    assert.deepEqual(JSON.parse(String(third.sent[0].value)).labelSource, place(3))
  })
  it('counts the wait of a label for nothing from its first look, and rejects it at the end', async () => {
    const first = open({ known: [] })
    await first.step(good.slice(0, 1))
    const justBefore = open({ known: [], nowMs: 999 + pipeline.labelArrivesWithinMs })
    await justBefore.step([comeBack(first.sent[0])])
    assert.deepEqual(topicsOf(justBefore.sent), ['flights.labels-waiting'])
    const atTheEnd = open({ known: [], nowMs: 1_000 + pipeline.labelArrivesWithinMs })
    await atTheEnd.step([comeBack(justBefore.sent[0])])
    assert.deepEqual(topicsOf(atTheEnd.sent), ['flights.rejected'])
    assert.match(toLine(atTheEnd.sent[0]), /millrace-code=LABEL_UNMATCHED/)
  })
  it('keeps the headers of a label that goes round, and counts its wait in one header alone', async () => {
    const redriven = makeRecord(landing, {
      headers: [
        ['trace', Buffer.from('t1')],
        ['millrace-redriven', Buffer.from('0/7/1')],
        ['millrace-attempts', Buffer.from('2')],
      ],
    })
    const labelSource = `millrace-label-source=${redriven.topic}/${redriven.partition}/${redriven.offset}`
    const first = open({ known: [] })
    await first.step([redriven])
    const second = open({ known: [], nowMs: 2_000 })
    await second.step([comeBack(first.sent[0])])
    for (const { sent } of [first, second]) {
      assert.deepEqual(
        sent[0].headers?.map(([name, value]) => `${name}=${value}`),
        ['trace=t1', 'millrace-redriven=0/7/1', 'millrace-attempts=2', 'millrace-first-seen-ms=1000', labelSource],
      )
    }
    const atTheEnd = open({ known: [], nowMs: 1_000 + pipeline.labelArrivesWithinMs })
    await atTheEnd.step([comeBack(second.sent[0])])
    const rejected = atTheEnd.sent[0].headers!.map(([name, value]) => [name, Buffer.from(value)] as const)
    assert.equal(
      countRedrives({ headers: rejected }, () => true),
      2,
    )
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
