import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkFree, checkPrefix, toMissingTopics } from '../../../cli/replay/shadow-topics.ts'

describe('checkPrefix', () => {
  it("takes a name of Kafka's that is not the pipeline's", () => {
    assert.doesNotThrow(() => checkPrefix('flights-replay.2026_11', 'flights'))
  })
  it("rejects the live pipeline's name", () => {
    assert.throws(() => checkPrefix('flights', 'flights'), {
      code: 'ARGUMENT_INVALID',
      message: /must not be flights: .*try flights-replay$/,
    })
  })
  for (const prefix of ['', 'a b', 'a/b', 'ü', 'x'.repeat(238)]) {
    it(`rejects '${prefix.slice(0, 5)}' of ${prefix.length} characters, which Kafka does not take`, () => {
      assert.throws(() => checkPrefix(prefix, 'flights'), { message: /--to-topic must be letters, digits, .* at most 237, got/ })
    })
  }
})

describe('checkFree', () => {
  it('takes a name whose shadow topics are there from an earlier replay', () => {
    assert.doesNotThrow(() => checkFree('shadow', ['flights.events', 'shadow.predictions']))
  })
  it("rejects another live pipeline's name", () => {
    assert.throws(() => checkFree('payments', ['payments.events']), { message: /must not be payments: payments\.events is there/ })
  })
})

describe('toMissingTopics', () => {
  it('asks for as many partitions as the live topic has', () => {
    assert.deepEqual(toMissingTopics('shadow', [], 6), [
      { topic: 'shadow.predictions', numPartitions: 6 },
      { topic: 'shadow.rejected', numPartitions: 6 },
    ])
  })
  it('leaves what is there, and the number of partitions to the broker where there is no live topic', () => {
    assert.deepEqual(toMissingTopics('shadow', ['shadow.rejected'], undefined), [{ topic: 'shadow.predictions' }])
  })
})
