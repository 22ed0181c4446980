import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { WaitingLabel, WaitingTable } from '#functions/ports.ts'
import { landing } from '../fixtures.ts'
import { makeRecord } from './step-checks.ts'

function makeLabel(id: string, rank: string, changes: Partial<WaitingLabel> = {}): WaitingLabel {
  const headers = [['trace', Buffer.from([0xff])] as const, ['trace', Buffer.alloc(0)] as const]
  const record = makeRecord({ ...landing, flightId: id }, { topic: 'flights.labels', partition: 3, offset: 7, key: null, headers })
  return { id, record, rank, dueAtMs: 5_000, ...changes }
}

const strangeIds = ['', 'constructor', '__proto__', 'refused/a', 'label/a', 'Flüg-1', 'x'.repeat(1_024)]

/** What every table of waiting labels must hold; `open` gives an empty one. */
export function waitingTableChecks(name: string, open: () => Promise<WaitingTable>): void {
  describe(`waiting table ${name}`, () => {
    it('gives back a label as it was put down, key, headers and all', async () => {
      const table = await open()
      const labels = strangeIds.map(id => makeLabel(id, `1 ${id}`))
      assert.deepEqual(await table.park(labels), [])
      assert.deepEqual((await table.read([...strangeIds, 'other'])).toSorted(byRank), labels.toSorted(byRank))
    })
    it('replaces the label it is told of, and itself, and no other', async () => {
      const table = await open()
      await table.park([makeLabel('a', '1')])
      assert.deepEqual(await table.park([makeLabel('a', '1')]), [])
      assert.equal((await table.park([makeLabel('a', '2')])).length, 1)
      assert.equal((await table.park([{ ...makeLabel('a', '3'), replaces: '2' }])).length, 1)
      assert.deepEqual(await table.park([{ ...makeLabel('a', '2'), replaces: '1' }]), [])
      assert.deepEqual(
        (await table.read(['a'])).map(({ rank }) => rank),
        ['2'],
      )
    })
    it('takes a label away, and leaves one that has replaced it', async () => {
      const table = await open()
      await table.park([makeLabel('a', '2'), makeLabel('b', '1')])
      await table.remove([makeLabel('a', '1'), makeLabel('b', '1'), makeLabel('c', '1')])
      assert.deepEqual(
        (await table.read(['a', 'b', 'c'])).map(({ id }) => id),
        ['a'],
      )
    })
    it('gives the labels of a partition that are due, at most so many', async () => {
      const table = await open()
      const dueAt = (id: string, dueAtMs: number) => makeLabel(id, id, { dueAtMs })
      const elsewhere = { ...makeLabel('e', 'e'), record: { ...makeLabel('e', 'e').record, partition: 4 } }
      await table.park([dueAt('a', 1_000), dueAt('b', 2_000), dueAt('c', 2_001), elsewhere])
      const idsOf = async (limit: number) => (await table.readDue('flights.labels-3', 2_000, limit)).map(({ id }) => id).sort()
      assert.deepEqual(await idsOf(10), ['a', 'b'])
      assert.equal((await idsOf(1)).length, 1)
      await table.remove([dueAt('a', 1_000)])
      assert.deepEqual(await idsOf(10), ['b'])
    })
    it('remembers refused events, apart from labels', async () => {
      const table = await open()
      await table.park([makeLabel('a', '1')])
      await table.refuse(strangeIds.map(id => ({ id, code: `CODE ${id.length}`, expiresAtSec: 4_000_000_000 })))
      await table.refuse([{ id: 'x', code: 'FILTERED', expiresAtSec: 4_000_000_000 }])
      assert.deepEqual(
        await table.readRefused(['a', 'x', '__proto__']),
        new Map([
          ['x', 'FILTERED'],
          ['__proto__', 'CODE 9'],
        ]),
      )
      assert.equal((await table.read(['a', 'x'])).length, 1)
    })
    it('takes more than fit one call', async () => {
      const table = await open()
      const ids = Array.from({ length: 230 }, (_, at) => `id ${at}`)
      await table.park(ids.map(id => makeLabel(id, id)))
      await table.refuse(ids.map(id => ({ id, code: 'FILTERED', expiresAtSec: 4_000_000_000 })))
      assert.deepEqual([(await table.read(ids)).length, (await table.readRefused(ids)).size], [230, 230])
    })
  })
}

const byRank = (a: WaitingLabel, b: WaitingLabel) => (a.rank < b.rank ? -1 : 1)
