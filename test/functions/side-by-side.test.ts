import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KafkaRecord, Step } from '#functions/ports.ts'
import { sideBySide } from '#functions/side-by-side.ts'
import { makeRecord } from '../checks/step-checks.ts'

const [event, feedback] = ['flights.events', 'flights.feedback'].map(topic => makeRecord({}, { topic }))

describe('sideBySide', () => {
  it('gives each step the records of its topics, and adds their counts together', async () => {
    const seen: string[][] = []
    const counting =
      (name: string): Step =>
      async records => {
        seen.push(records.map(({ topic }) => topic))
        return { counts: { [name]: records.length } }
      }
    const step = sideBySide([
      { step: counting('archived'), topics: [event.topic, feedback.topic] },
      { step: counting('counted'), topics: [feedback.topic] },
    ])
    assert.deepEqual(await step([event, feedback]), { failed: [], counts: { archived: 2, counted: 1 } })
    assert.deepEqual(seen, [[event.topic, feedback.topic], [feedback.topic]])
  })
  it('has a record come again once that several fail', async () => {
    const failing: Step = async records => ({ failed: records, counts: {} })
    const parts = [1, 2].map(() => ({ step: failing, topics: [event.topic] }))
    const { failed } = await sideBySide(parts)([event])
    assert.deepEqual(failed, [event] satisfies readonly KafkaRecord[])
  })
  it('throws what one fails with, when the other has ended', async () => {
    let hasEnded = false
    const slow: Step = async () => {
      await new Promise(resolve => setImmediate(resolve))
      hasEnded = true
      return { counts: {} }
    }
    const broken: Step = async () => {
      throw new Error('no table')
    }
    const step = sideBySide([broken, slow].map(each => ({ step: each, topics: [event.topic] })))
    await assert.rejects(step([event]), /no table/)
    assert.ok(hasEnded)
  })
})
