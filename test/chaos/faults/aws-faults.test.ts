import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeRandom } from '#models/random.ts'
import { toAwsCall } from './aws-call.ts'
import { makeAwsFaults } from './aws-faults.ts'
import { makeFaultTally } from './tally.ts'

const put = toAwsCall('PUT', '/archive/flights.events/1.parquet', undefined, Buffer.alloc(0))
const query = toAwsCall('POST', '/', 'DynamoDB_20120810.Query', Buffer.from('{}'))
const open = (random: () => number) => {
  const tally = makeFaultTally()
  return { tally, disturb: makeAwsFaults(tally, () => 'archive', random) }
}

describe('makeAwsFaults', () => {
  it('lets every call pass while nothing is on', () => {
    const { disturb, tally } = open(() => 0)
    assert.equal(disturb(put), undefined)
    assert.equal(disturb(query), undefined)
    assert.deepEqual(new Set(Object.values(tally.read()).map(({ injected }) => injected)), new Set([0]))
  })
  it('refuses to store in the archive and nowhere else while its disk is full', () => {
    const { disturb, tally } = open(() => 0)
    tally.begin('diskFull')
    const disturbance = disturb(put)
    assert.ok(disturbance?.kind === 'answer')
    assert.equal(disturbance.answer.status, 503)
    assert.match(disturbance.answer.body, /<Code>SlowDown<\/Code>/)
    assert.equal(disturb(toAwsCall('PUT', '/models/champion.json', undefined, Buffer.alloc(0))), undefined)
    assert.equal(disturb(toAwsCall('GET', '/archive/flights.events/1.parquet', undefined, Buffer.alloc(0))), undefined)
    assert.equal(tally.read().diskFull.injected, 1)
  })
  it('throttles DynamoDB alone', () => {
    const { disturb, tally } = open(() => 0.4)
    tally.begin('throttled')
    assert.equal(disturb(query)?.kind, 'answer')
    assert.equal(disturb(put), undefined)
  })
  it('refuses one call in twenty, in each of four ways', () => {
    const { disturb, tally } = open(makeRandom(1))
    tally.begin('refused')
    const disturbances = Array.from({ length: 10_000 }, () => disturb(query)).filter(one => one !== undefined)
    assert.equal(tally.read().refused.injected, disturbances.length)
    assert.ok(Math.abs(disturbances.length - 500) < 100, String(disturbances.length))
    const ways = new Set(disturbances.map(one => (one.kind === 'drop' ? `drop ${one.isDone} ${one.afterMs}` : one.kind)))
    assert.deepEqual([...ways].sort(), ['answer', 'drop false 0', 'drop false 1500', 'drop true 0'])
  })
})
