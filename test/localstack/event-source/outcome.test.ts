import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type InvokeResult, settleBatch } from '../../../localstack/event-source/outcome.ts'

const page = Buffer.from('0,')
const slice = (key: string, ...offsets: number[]) => ({
  key,
  records: offsets.map(offset => ({ offset, recordedAtMs: 0, arrivedAtMs: 0, page, start: 0, bytes: 2 })),
})
const batch = [slice('my-t-0', 4, 5, 9), slice('my-t-1', 70, 71)]
const everything = { 'my-t-0': [4, 5, 9], 'my-t-1': [70, 71] }
const reporting = { reportsItemFailures: true }

const toOffsets = (slices: readonly ReturnType<typeof slice>[]) =>
  Object.fromEntries(slices.map(({ key, records }) => [key, records.map(({ offset }) => offset)]))
const answer = (response: unknown): InvokeResult => ({ ok: true, response })
const failing = (...identifiers: unknown[]) => answer({ batchItemFailures: identifiers.map(itemIdentifier => ({ itemIdentifier })) })

/** What comes again of `batch`, after checking that the rest succeeded. */
function settleAgain(result: InvokeResult, mapping: Parameters<typeof settleBatch>[2] = reporting) {
  const { succeeded, again } = settleBatch(batch, result, mapping)
  const all = [...succeeded, ...again].flatMap(({ key, records }) => records.map(({ offset }) => `${key} ${offset}`))
  assert.deepEqual(all.sort(), batch.flatMap(({ key, records }) => records.map(({ offset }) => `${key} ${offset}`)).sort())
  return toOffsets(again)
}

describe('settleBatch', () => {
  for (const response of [null, undefined, {}, { batchItemFailures: [] }, { batchItemFailures: null }, { other: 1 }]) {
    it(`takes ${JSON.stringify(response)} as success`, () => {
      assert.deepEqual(settleAgain(answer(response)), {})
    })
  }
  it('brings back each partition from its lowest listed offset on', () => {
    assert.deepEqual(settleAgain(failing({ partition: 'my-t-0', offset: 9 }, { partition: 'my-t-0', offset: 5 })), { 'my-t-0': [5, 9] })
  })
  it('brings back only what is listed, where it is told to read the list so', () => {
    const listedOnly = { ...reporting, reading: 'listed only' as const }
    assert.deepEqual(settleAgain(failing({ partition: 'my-t-0', offset: 9 }, { partition: 'my-t-0', offset: 4 }), listedOnly), {
      'my-t-0': [4, 9],
    })
  })
  it('settles a partition apart from the others', () => {
    assert.deepEqual(settleAgain(failing({ partition: 'my-t-1', offset: 70 })), { 'my-t-1': [70, 71] })
  })
  it('ignores the list where the mapping does not ask for one', () => {
    assert.deepEqual(settleAgain(failing({ partition: 'my-t-0', offset: 5 }), { reportsItemFailures: false }), {})
  })
  it('brings back everything after a throw, a timeout or a service error', () => {
    assert.deepEqual(settleAgain({ ok: false, kind: 'function', error: 'Error: no' }), everything)
    assert.deepEqual(settleAgain({ ok: false, kind: 'service', error: 'throttled' }), everything)
  })
  for (const [what, identifier] of Object.entries({
    'an offset in a gap': { partition: 'my-t-0', offset: 6 },
    'another partition': { partition: 'my-t-2', offset: 4 },
    'a text, as SQS and Kinesis use': 'my-t-0-5',
    'an offset as text': { partition: 'my-t-0', offset: '5' },
    nothing: null,
    'no offset': { partition: 'my-t-0' },
  })) {
    it(`brings back everything for an identifier that is ${what}`, () => {
      assert.deepEqual(settleAgain(failing({ partition: 'my-t-1', offset: 71 }, identifier)), everything)
    })
  }
  for (const response of ['ok', 7, [], { batchItemFailures: 'none' }, { batchItemFailures: [null] }]) {
    it(`brings back everything for the answer ${JSON.stringify(response)}`, () => {
      assert.deepEqual(settleAgain(answer(response)), everything)
    })
  }
  it('brings back the same under both readings where every record from the first failure on is listed', () => {
    const firsts = fc.record({ 'my-t-0': fc.constantFrom(0, 1, 2, 3), 'my-t-1': fc.constantFrom(0, 1, 2) })
    fc.assert(
      fc.property(firsts, first => {
        const listed = batch.flatMap(({ key, records }) =>
          records.slice(first[key as keyof typeof first]).map(({ offset }) => ({ partition: key, offset })),
        )
        const read = (reading: 'from lowest' | 'listed only') => settleAgain(failing(...listed), { ...reporting, reading })
        assert.deepEqual(read('listed only'), read('from lowest'))
      }),
    )
  })
  it('never lets a commit pass a listed record', () => {
    const listed = fc.subarray(batch.flatMap(({ key, records }) => records.map(({ offset }) => ({ partition: key, offset }))))
    fc.assert(
      fc.property(listed, identifiers => {
        const { succeeded } = settleBatch(batch, failing(...identifiers), reporting)
        for (const { key, records } of succeeded) {
          const committed = records[records.length - 1].offset + 1
          assert.ok(identifiers.every(({ partition, offset }) => partition !== key || offset >= committed))
        }
      }),
    )
  })
})
