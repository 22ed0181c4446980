import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RemovingStore } from '#functions/ports.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** What every object store must hold; `open` gives an empty one. */
export function objectStoreChecks(name: string, open: () => Promise<RemovingStore>): void {
  describe(`object store ${name}`, () => {
    it('gives back what was put, and undefined for what was not', async () => {
      const store = await open()
      await store.put('a/b', bytes('one'))
      assert.deepEqual(new Uint8Array((await store.get('a/b'))!.body), bytes('one'))
      assert.equal(await store.get('a/c'), undefined)
    })
    it('replaces with put', async () => {
      const store = await open()
      await store.put('key', bytes('one'))
      await store.put('key', bytes('two'))
      assert.deepEqual(new Uint8Array((await store.get('key'))!.body), bytes('two'))
    })
    it('writes with putIf and no tag only where nothing is', async () => {
      const store = await open()
      assert.equal(await store.putIf('key', bytes('one'), null), true)
      assert.equal(await store.putIf('key', bytes('two'), null), false)
      assert.deepEqual(new Uint8Array((await store.get('key'))!.body), bytes('one'))
    })
    it('writes with putIf and a tag only where it is still the same', async () => {
      const store = await open()
      await store.put('key', bytes('one'))
      const { etag } = (await store.get('key'))!
      assert.equal(await store.putIf('key', bytes('two'), etag), true)
      assert.equal(await store.putIf('key', bytes('three'), etag), false)
      assert.equal(await store.putIf('absent', bytes('four'), etag), false)
      assert.deepEqual(new Uint8Array((await store.get('key'))!.body), bytes('two'))
    })
    it('lets one of two writers of the same instant win', async () => {
      const store = await open()
      const won = await Promise.all(['one', 'two', 'three'].map(text => store.putIf('key', bytes(text), null)))
      assert.equal(won.filter(Boolean).length, 1)
    })
    it('lists keys of a prefix in the order of their names', async () => {
      const store = await open()
      for (const key of ['b/2', 'a/1', 'b/1']) await store.put(key, bytes(key))
      assert.deepEqual(await store.list('b/'), ['b/1', 'b/2'])
      assert.deepEqual(await store.list('c/'), [])
    })
    it('lists of a prefix what comes after one key and before another', async () => {
      const store = await open()
      for (const key of ['a/9', 'b/1', 'b/2', 'b/3', 'b/4', 'c/1']) await store.put(key, bytes(key))
      assert.deepEqual(await store.list('b/', { after: 'b/1' }), ['b/2', 'b/3', 'b/4'])
      assert.deepEqual(await store.list('b/', { before: 'b/3' }), ['b/1', 'b/2'])
      assert.deepEqual(await store.list('b/', { after: 'b/1x', before: 'b/4' }), ['b/2', 'b/3'])
      assert.deepEqual(await store.list('b/', { after: 'b/4' }), [])
      assert.deepEqual(await store.list('b/', { after: 'a/', before: 'd/' }), ['b/1', 'b/2', 'b/3', 'b/4'])
    })
    it('takes away what it is told to and nothing else, whether it is there or not', async () => {
      const store = await open()
      for (const key of ['a', 'b', 'c']) await store.put(key, bytes(key))
      await store.remove(['a', 'c', 'absent'])
      assert.deepEqual(await store.list(''), ['b'])
      assert.equal(await store.get('a'), undefined)
      assert.equal(await store.putIf('a', bytes('again'), null), true)
    })
  })
}
