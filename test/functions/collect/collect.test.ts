import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeCollect } from '#functions/collect/collect.ts'
import type { OutgoingRecord } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'
import { pipeline as payments } from '#models/examples/payments.ts'
import { pipeline } from '#models/pipeline.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { httpPathsOf, topicsOf } from '#models/topics.ts'
import { flight, landing } from '../../fixtures.ts'

function open(failure?: Error, of: Pipeline = pipeline, offers = httpPathsOf(topicsOf(of)).map(({ path }) => path)) {
  const sent: OutgoingRecord[] = []
  const collect = makeCollect({
    pipeline: of,
    offers,
    send: async records => {
      if (failure) throw failure
      sent.push(...records)
    },
  })
  const post = (path: string, body: unknown) => {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    return collect({ path, body: bytes })
  }
  return { sent, post }
}

describe('collect', () => {
  it('takes the others of a request in which one is nested too deep, whatever its path', async () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
    const { post, sent } = open(undefined, payments)
    const rows = await post('limits', `[{"key":"c1","value":{"limitCents":5}},{"key":${deep},"value":{"limitCents":5}}]`)
    assert.deepEqual(rows.body.rejected, [{ at: 1, field: 'value', reason: 'must be nested at most 1000 levels deep' }])
    assert.equal((await post('limits.removals', `[{"key":${deep}},{"key":"c1"}]`)).body.accepted, 1)
    assert.equal((await post('events', `{"paymentId":"p","x":${deep}}`)).statusCode, 400)
    assert.equal(sent.length, 2)
  })
  it('publishes an event as it came, keyed by its id', async () => {
    const { sent, post } = open()
    assert.deepEqual(await post('events', { ...flight, more: 1 }), { statusCode: 200, body: { accepted: 1, rejected: [] } })
    assert.deepEqual(sent, [{ topic: 'flights.events', key: 'f1', value: JSON.stringify({ ...flight, more: 1 }) }])
  })
  it('publishes labels to their topic', async () => {
    const { sent, post } = open()
    await post('labels', landing)
    assert.deepEqual(
      sent.map(({ topic, key }) => [topic, key]),
      [['flights.labels', 'f1']],
    )
  })
  it('takes an array, and one object a line', async () => {
    const { sent, post } = open()
    assert.equal((await post('events', [flight, flight])).body.accepted, 2)
    assert.equal((await post('events', `${JSON.stringify(flight)}\n\n${JSON.stringify(flight)}\n`)).body.accepted, 2)
    assert.equal(sent.length, 4)
  })
  it('says of each bad record which field and why, and takes the others', async () => {
    const { sent, post } = open()
    const { statusCode, body } = await post('events', [flight, { ...flight, distanceMiles: -1 }, 7, { ...flight, flightId: 'f2' }])
    assert.equal(statusCode, 207)
    assert.equal(body.accepted, 2)
    assert.deepEqual(
      body.rejected.map(({ at, field }) => [at, field]),
      [
        [1, 'distanceMiles'],
        [2, 'value'],
      ],
    )
    assert.match(body.rejected[0].reason, /too small/)
    assert.equal(sent.length, 2)
  })
  it('refuses a record that JSON writes longer than a topic takes, and takes the others', async () => {
    const { sent, post } = open()
    const long = JSON.stringify({ ...flight, more: 0 }).replace('"more":0', `"more":[${Array(190_000).fill('1e20')}]`)
    const { statusCode, body } = await post('events', `[${long},${JSON.stringify(flight)}]`)
    assert.deepEqual([statusCode, body.accepted, sent.length, body.rejected[0].at, body.rejected[0].field], [207, 1, 1, 0, 'value'])
    assert.match(body.rejected[0].reason, /^must be at most 1000000 bytes with its key, got 4\d{6}$/)
  })
  it('answers 503 where Kafka did not take the records', async () => {
    const { post } = open(new MillraceError('SEND_FAILED', '1 records could not be sent: no broker', { retryable: true }))
    const { statusCode, body } = await post('events', flight)
    assert.equal(statusCode, 503)
    assert.equal(body.accepted, 0)
    assert.match(body.error!, /could not be sent: no broker; send the request again/)
  })
  it('throws what is no failure of Kafka', () => assert.rejects(open(new TypeError('a bug')).post('events', flight), TypeError))

  const refusals: readonly [what: string, path: string, body: unknown, statusCode: number, error: RegExp][] = [
    ['another path', 'secrets', flight, 404, /must end in events or labels, got 'secrets'/],
    ['a path that every object has', 'constructor', flight, 404, /must end in events or labels/],
    ['a body over a megabyte', 'events', `"${'x'.repeat(1_000_000)}"`, 413, /at most 1000000 bytes, got 1000002/],
    ['more than 5,000 records', 'events', Array(5_001).fill(0), 413, /at most 5000 records, got 5001/],
    ['an empty body', 'events', '', 400, /at least one record/],
    ['bytes that are not UTF-8', 'events', Buffer.from([0x22, 0xff, 0x22]), 400, /must be UTF-8/],
    ['what is not JSON', 'events', '{"flightId":', 400, /must be JSON or one JSON object a line: /],
    ['a line that is not JSON, by its number', 'events', '{}\n{]', 400, /line 2: /],
  ]
  for (const [what, path, body, statusCode, error] of refusals) {
    it(`rejects ${what}`, async () => {
      const { sent, post } = open()
      const answer = await post(path, body)
      assert.equal(answer.statusCode, statusCode)
      assert.match(answer.body.error!, error)
      assert.deepEqual(sent, [])
    })
  }
  it('rejects a path that the deployment does not offer, as one that is not there', async () => {
    const { sent, post } = open(undefined, pipeline, ['events'])
    const { statusCode, body } = await post('labels', landing)
    assert.deepEqual([statusCode, body.error], [404, "the path must end in events, got 'labels'"])
    assert.deepEqual(sent, [])
    assert.equal((await post('events', flight)).statusCode, 200)
  })
  it('rejects with 400 where every record is refused', async () => {
    assert.equal((await open().post('events', [{}, {}])).statusCode, 400)
  })
})

describe('collect of inputs', () => {
  const login = { atMs: Date.UTC(2026, 10, 2), cardId: 'c1', country: 'DE' }
  const openPayments = (failure?: Error) => open(failure, payments)

  it('publishes a record of a stream, keyed by what it joins by', async () => {
    const { sent, post } = openPayments()
    assert.equal((await post('logins', login)).statusCode, 200)
    assert.deepEqual(sent, [{ topic: 'payments.logins', key: 'c1', value: JSON.stringify(login) }])
  })
  it('publishes rows of a table by their keys', async () => {
    const { sent, post } = openPayments()
    const rows = [
      { key: 'c1', value: { limitCents: 5 } },
      { key: 7, value: { limitCents: 6 } },
    ]
    assert.deepEqual((await post('limits', rows)).body, { accepted: 2, rejected: [] })
    assert.deepEqual(sent, [
      { topic: 'payments.limits', key: 'c1', value: '{"limitCents":5}' },
      { topic: 'payments.limits', key: '7', value: '{"limitCents":6}' },
    ])
  })
  it('publishes a removal as a tombstone, on a path of its own', async () => {
    const { sent, post } = openPayments()
    assert.deepEqual((await post('limits.removals', [{ key: 'c1' }, { key: 7 }])).body, { accepted: 2, rejected: [] })
    assert.deepEqual(sent, [
      { topic: 'payments.limits', key: 'c1', value: null },
      { topic: 'payments.limits', key: '7', value: null },
    ])
  })
  it('rejects a removal among rows, and a row among removals', async () => {
    const { sent, post } = openPayments()
    const { body } = await post('limits', { key: 'c1', value: null })
    assert.deepEqual(body.rejected, [{ at: 0, field: 'value', reason: 'must be a row; the path limits.removals takes rows away' }])
    const removals = [{ key: 'c1', value: { limitCents: 5 } }, { key: '' }, 'c1', null]
    const { statusCode, body: ofRemovals } = await post('limits.removals', removals)
    assert.equal(statusCode, 400)
    assert.deepEqual(
      ofRemovals.rejected.map(({ field }) => field),
      ['value', 'key', 'value', 'value'],
    )
    assert.deepEqual(sent, [])
  })
  it('rejects records that are not as declared, each with the field', async () => {
    const { sent, post } = openPayments()
    const { body } = await post('logins', [{ ...login, cardId: 7 }])
    assert.deepEqual(body.rejected[0].field, 'cardId')
    const rows = [{ limitCents: 5 }, { key: '', value: {} }, { key: 'c1', value: { limitCents: -1 } }, null]
    const { statusCode, body: ofRows } = await post('limits', rows)
    assert.equal(statusCode, 400)
    assert.deepEqual(
      ofRows.rejected.map(({ field, reason }) => [field, reason.slice(0, 9)]),
      [
        ['value', 'a row of '],
        ['key', 'must be a'],
        ['limitCents', 'too small'],
        ['value', 'a row of '],
      ],
    )
    assert.deepEqual(sent, [])
  })
  it('rejects another path with all that there are', async () => {
    const { statusCode, body } = await openPayments().post('secrets', login)
    assert.equal(statusCode, 404)
    assert.match(body.error!, /must end in events, labels, limits, limits\.removals or logins, got 'secrets'/)
  })
  it('says where Kafka did not take them what comes of sending again', async () => {
    const failure = new MillraceError('SEND_FAILED', 'no broker', { retryable: true })
    assert.match(
      (await openPayments(failure).post('logins', login)).body.error!,
      /send the request again: windows count each of two same records/,
    )
    assert.match((await openPayments(failure).post('limits', { key: 'c1', value: { limitCents: 5 } })).body.error!, /replaces itself/)
    assert.match((await openPayments(failure).post('limits.removals', { key: 'c1' })).body.error!, /stays gone/)
  })
  it('rejects a record on which the key function of the definition throws', async () => {
    const throwing = payments.inputs.map(input => ({ ...input, keyOf: () => assert.fail('no key') }))
    const { body } = await open(undefined, { ...payments, inputs: throwing }).post('logins', login)
    assert.deepEqual(body.rejected, [{ at: 0, field: 'value', reason: "the definition's key function threw: no key" }])
  })
})
