import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pipeline as payments } from '#models/examples/payments.ts'
import { pipeline as flights } from '#models/pipeline.ts'
import { topicName, topicSuffixes, topicsOf } from '#models/topics.ts'

describe('topicsOf', () => {
  it('begins with the topics that every pipeline has', () => {
    assert.deepEqual(
      topicsOf(payments)
        .slice(0, topicSuffixes.length)
        .map(({ name, kind }) => [name, kind]),
      topicSuffixes.map(suffix => [topicName('payments', suffix), suffix]),
    )
    assert.equal(topicsOf(flights).length, topicSuffixes.length)
  })
  it('ends with one for each input: a table or a stream', () => {
    assert.deepEqual(topicsOf(payments).slice(topicSuffixes.length), [
      { name: 'payments.limits', suffix: 'limits', kind: 'table', feedsWindows: true, feedsLayer: false },
      { name: 'payments.logins', suffix: 'logins', kind: 'stream', feedsWindows: true, feedsLayer: false },
    ])
  })
  it('says of which topics windows keep something', () => {
    const feeding = (pipeline: typeof flights) =>
      topicsOf(pipeline)
        .filter(({ feedsWindows }) => feedsWindows)
        .map(({ suffix }) => suffix)
    assert.deepEqual(feeding(payments), ['events', 'labels', 'limits', 'logins'])
    assert.ok(feeding(flights).includes('labels'))
    assert.deepEqual(feeding({ ...flights, windows: undefined }), [])
  })
})
