import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { readClaim, withClaims } from '#functions/claims.ts'
import type { KafkaRecord, ObjectStore, OutgoingRecord } from '#functions/ports.ts'
import { recordBytes, recordBytesAtMost } from '#functions/record-bytes.ts'
import { toConsumed } from '../memory-topic.ts'

const topic = 'flights.rejected'
const ourNames = ['millrace-code', 'millrace-reason']
const ours = [['millrace-code', 'EVENT_INVALID'] as const, ['millrace-reason', 'why'] as const]

function open(store: ObjectStore = memoryStore()) {
  const sent: OutgoingRecord[] = []
  const send = withClaims(async records => void sent.push(...records), { store, topic, ourNames })
  return { store, sent, send }
}

const large = Buffer.alloc(1_200_000, 7)
const record = (changes: Partial<OutgoingRecord>): OutgoingRecord => ({ topic, key: 'k', value: 'v', headers: ours, ...changes })

async function sendOne(outgoing: OutgoingRecord) {
  const { store, sent, send } = open()
  await send([outgoing])
  return { store, sent: sent[0], consumed: toConsumed(sent[0]) }
}

describe('withClaims', () => {
  for (const [what, changes] of [
    ['value', { value: large }],
    ['key', { key: large }],
    ['header', { headers: [['trace', large] as const, ...ours] }],
  ] as const) {
    it(`leaves a record with a large ${what} in the bucket, and sends its place with our headers`, async () => {
      const { store, sent, consumed } = await sendOne(record(changes))
      assert.ok(recordBytes(sent) < 2_000)
      assert.equal(sent.value, null)
      assert.deepEqual(sent.headers?.slice(0, 2), ours)
      const [key] = await store.list('')
      const body = (await store.get(key))!.body
      const sha256 = createHash('sha256').update(body).digest('hex')
      assert.equal(key, `claims/flights.rejected/${sha256}.json`)
      assert.deepEqual(JSON.parse(String(sent.headers?.[2][1])), { key, bytes: body.byteLength, sha256 })
      assert.deepEqual(await readClaim(consumed, store), { ok: true, value: { ...toConsumed(record(changes)) } })
    })
  }
  it('sends what fits as it is, and of another topic everything', async () => {
    const { store, sent, send } = open()
    const records = [record({}), record({ topic: 'flights.features', value: large })]
    await send(records)
    assert.deepEqual(sent, records)
    assert.deepEqual(await store.list(''), [])
  })
  it('keeps a short key, and the order of what it sends', async () => {
    const { sent, send } = open()
    await send([record({ key: 'a', value: large }), record({ key: 'b' }), record({ key: null, value: large })])
    assert.deepEqual(
      sent.map(({ key }) => key),
      ['a', 'b', null],
    )
  })
  it('overwrites itself when a record comes again', async () => {
    const { store, sent, send } = open()
    for (let time = 0; time < 2; time++) await send([record({ value: large })])
    assert.deepEqual(sent[0], sent[1])
    assert.equal((await store.list('')).length, 1)
  })
  it('sends nothing while the bucket refuses, so that the batch comes again', async () => {
    const { sent, send } = open({ ...memoryStore(), put: () => Promise.reject(new Error('refused')) })
    await assert.rejects(send([record({}), record({ value: large })]), { message: 'refused' })
    assert.deepEqual(sent, [])
  })
})

describe('readClaim', () => {
  it('gives every record back byte for byte, whole or beside, whatever its producer named its headers', async () => {
    const bytes = fc.uint8Array({ maxLength: 9 }).map(content => Buffer.from(content))
    const name = fc.constantFrom('millrace-claim', 'millrace-code', 'trace', 'constructor', '__proto__')
    const given = fc.record({
      key: fc.option(bytes),
      value: fc.option(fc.oneof(bytes, fc.constant(large))),
      own: fc.array(fc.tuple(name, bytes), { maxLength: 5 }),
    })
    const byName = ({ headers }: KafkaRecord) => [...Map.groupBy(headers, ([one]) => one)].sort(([a], [b]) => (a < b ? -1 : 1))
    await fc.assert(
      fc.asyncProperty(given, async ({ key, value, own }) => {
        const wanted = toConsumed(record({ key, value, headers: [...own, ...ours] }))
        const { store, consumed } = await sendOne(record({ key, value, headers: [...own, ...ours] }))
        const read = await readClaim(consumed, store)
        assert.ok(read.ok)
        assert.deepEqual([read.value.key, read.value.value, byName(read.value)], [key, value, byName(wanted)])
      }),
      { numRuns: 60 },
    )
  })

  const strangers: readonly [what: string, change: (claim: { key: string; sha256: string }) => unknown, reason: RegExp][] = [
    ['names a payload of another topic', claim => ({ ...claim, key: claim.key.replace('rejected', 'events') }), /names no payload of ours/],
    ['names an object that is no payload', claim => ({ ...claim, key: 'flights.events/x.parquet' }), /names no payload of ours/],
    [
      'names a payload that is not there',
      claim => JSON.parse(JSON.stringify(claim).replaceAll(claim.sha256, '0'.repeat(64))),
      /is not in the bucket/,
    ],
    ['is no JSON of ours', () => 7, /names no payload of ours/],
  ]
  for (const [what, change, reason] of strangers) {
    it(`rejects a claim that ${what}`, async () => {
      const { store, consumed } = await sendOne(record({ value: large }))
      const headers = consumed.headers.map(([name, content]) => {
        return [name, name === 'millrace-claim' ? Buffer.from(JSON.stringify(change(JSON.parse(String(content))))) : content] as const
      })
      const read = await readClaim({ ...consumed, headers }, store)
      assert.ok(!read.ok)
      assert.deepEqual([read.code, reason.test(read.reason)], ['RECORD_INVALID', true])
    })
  }
  it('rejects a payload that somebody changed', async () => {
    const { store, consumed } = await sendOne(record({ value: large }))
    await store.put((await store.list(''))[0], Buffer.from('{}'))
    const read = await readClaim(consumed, store)
    assert.match(JSON.stringify(read), /RECORD_INVALID.*is not what was put there/)
  })
})

describe('recordBytesAtMost', () => {
  it('leaves room for what a batch of one record adds, below the 1 MiB that a topic takes', () => {
    assert.ok(recordBytesAtMost + 1_000 < 1_048_576)
  })
})
