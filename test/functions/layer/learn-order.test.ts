import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { toLearnOrder } from '#functions/layer/learn-order.ts'

const record = (partition: number, offset: number, recordedAtMs: number) => ({ partition, offset, recordedAtMs })
const places = (records: readonly { readonly partition: number; readonly offset: number }[]) =>
  records.map(({ partition, offset }) => `${partition}-${offset}`)

describe('toLearnOrder', () => {
  it('goes by time across partitions', () => {
    assert.deepEqual(places(toLearnOrder([record(0, 1, 30), record(1, 5, 10), record(2, 9, 20)])), ['1-5', '2-9', '0-1'])
  })
  it('keeps the order of a partition whose clock steps back', () => {
    assert.deepEqual(places(toLearnOrder([record(0, 2, 10), record(0, 1, 30), record(1, 5, 20)])), ['1-5', '0-1', '0-2'])
  })
  it('does not depend on the order in which records are listed', () => {
    const records = fc.uniqueArray(fc.tuple(fc.nat(3), fc.nat(20), fc.nat(10)), {
      selector: ([partition, offset]) => `${partition}-${offset}`,
    })
    fc.assert(
      fc.property(records, fc.func(fc.integer()), (all, key) => {
        const listed = all.map(([partition, offset, ms]) => record(partition, offset, ms))
        const shuffled = listed.toSorted((a, b) => key(a) - key(b))
        assert.deepEqual(places(toLearnOrder(shuffled)), places(toLearnOrder(listed)))
      }),
    )
  })
})
