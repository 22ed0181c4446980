import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CounterItem, CounterStore } from '#functions/ports.ts'

const item = (name: string, changes: Partial<CounterItem> = {}): CounterItem => ({
  partition: 'p-0',
  name,
  version: 0,
  json: '{}',
  ...changes,
})
const written = (own: CounterItem) => ({ ...own, version: own.version + 1 })

/** What every counter store must hold; `open` gives an empty one. */
export function counterStoreChecks(name: string, open: () => Promise<CounterStore>): void {
  describe(`counter store ${name}`, () => {
    it('gives back what was written, its version one higher, and nothing for what was not', async () => {
      const store = await open()
      const items = [item('a', { json: '{"text":"ü"}' }), item('b', { partition: 'p-1' })]
      await store.write(items)
      assert.deepEqual(await store.read([items[0], item('b'), item('c')]), [written(items[0])])
    })
    it('gives all of some partitions whose names begin alike', async () => {
      const store = await open()
      const items = ['tally/a', 'tally/b', 'tallyman', 'duel/a'].flatMap(own =>
        ['p-0', 'p-1', 'p-2'].map(partition => item(own, { partition })),
      )
      await store.write(items)
      const nameOf = (own: CounterItem) => `${own.partition} ${own.name}`
      const found = (await store.readAll(['p-0', 'p-2', 'p-9'], 'tally/')).map(nameOf).sort()
      assert.deepEqual(found, ['p-0 tally/a', 'p-0 tally/b', 'p-2 tally/a', 'p-2 tally/b'])
      assert.equal((await store.readAll(['p-0'], '')).length, 4)
    })
    it('refuses a write of what another has written since, and then writes none of the items', async () => {
      const store = await open()
      await store.write([item('a')])
      await store.write([item('a', { version: 1, json: '"twin"' })])
      await assert.rejects(store.write([item('b'), item('a', { version: 1 })]), { code: 'STORE_FAILED', retryable: true })
      await assert.rejects(store.write([item('a')]), { code: 'STORE_FAILED' })
      assert.deepEqual(await store.read([item('a'), item('b')]), [item('a', { version: 2, json: '"twin"' })])
    })
    it('writes 100 items at once, and reads any number', async () => {
      const store = await open()
      const items = Array.from({ length: 250 }, (_, at) => item(`n${at}`))
      for (const at of [0, 100, 200]) await store.write(items.slice(at, at + 100))
      assert.equal((await store.read(items)).length, 250)
      assert.deepEqual(await store.read([]), [])
    })
  })
}
