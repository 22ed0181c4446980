import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { StateItem, StateStore } from '#functions/ports.ts'

const item = (number: number, body: Uint8Array | string = `item ${number}`, log = 'log'): StateItem => ({
  log,
  number,
  body: new Uint8Array(Buffer.from(body as string)),
  expiresAtSec: 4_000_000_000,
})

/** What every state store must hold; `open` gives an empty one. */
export function stateStoreChecks(name: string, open: () => Promise<StateStore>): void {
  describe(`state store ${name}`, () => {
    it('gives back what was appended, and nothing for what was not', async () => {
      const store = await open()
      assert.equal(await store.append(item(1)), true)
      assert.deepEqual(await store.read([item(1), item(2), item(1, '', 'other')]), [item(1)])
    })
    it('never changes an item', async () => {
      const store = await open()
      await store.append(item(1, 'first'))
      assert.equal(await store.append(item(1, 'second')), false)
      assert.deepEqual(await store.read([item(1)]), [item(1, 'first')])
    })
    it('lets one of several writers of the same instant win', async () => {
      const store = await open()
      const won = await Promise.all(['a', 'b', 'c', 'd'].map(text => store.append(item(7, text))))
      assert.equal(won.filter(Boolean).length, 1)
    })
    it('gives the items after a number in order, and the last one', async () => {
      const store = await open()
      for (const number of [3, 11, 2, 1]) await store.append(item(number))
      await store.append(item(50, 'x', 'other'))
      assert.deepEqual(await store.readAfter('log', 1), [item(2), item(3), item(11)])
      assert.deepEqual(await store.readAfter('log', 11), [])
      assert.deepEqual(await store.readLast('log'), item(11))
      assert.equal(await store.readLast('none'), undefined)
    })
    it('gives items another end, and passes over places where none is', async () => {
      const store = await open()
      await store.append({ ...item(1), expiresAtSec: 0 })
      await store.append(item(2))
      await store.expire([item(1), item(3)], 4_100_000_000)
      assert.deepEqual(await store.readAfter('log', 0), [{ ...item(1), expiresAtSec: 4_100_000_000 }, item(2)])
      await store.expire([], 4_100_000_000)
    })
    it('takes and gives back items in any number', async () => {
      const store = await open()
      const items = Array.from({ length: 230 }, (_, number) => item(number))
      await store.put(items)
      await store.put([])
      assert.deepEqual(
        (await store.read(items)).toSorted((a, b) => a.number - b.number),
        items,
      )
      assert.deepEqual(await store.read([]), [])
    })
    it('keeps bytes that cannot be compressed, up to 350,000 of them', async () => {
      const store = await open()
      const body = new Uint8Array(randomBytes(350_000))
      assert.equal(await store.append({ ...item(1), body }), true)
      assert.deepEqual((await store.readLast('log'))!.body, body)
    })
    it('reads a hundred large items at once', async () => {
      const store = await open()
      const numbers = Array.from({ length: 100 }, (_, at) => at)
      const body = new Uint8Array(randomBytes(200_000)) // 20 MB: more than one answer of DynamoDB holds
      for (const number of numbers) await store.append({ ...item(number), body })
      const read = await store.read(numbers.map(number => item(number)))
      assert.deepEqual(
        read.map(({ number }) => number).sort((a, b) => a - b),
        numbers,
      )
      assert.equal((await store.readAfter('log', -1)).length, 100)
    })
  })
}
