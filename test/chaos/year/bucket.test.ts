import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openBucket } from './bucket.ts'

describe('openBucket', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'millrace-bucket-'))
    mkdirSync(path.join(folder, 'a/b'), { recursive: true })
    for (const name of ['a/b/1', 'a/2', 'a.3']) writeFileSync(path.join(folder, name), name)
  })
  after(() => rmSync(folder, { recursive: true }))

  it('has what lay in its folder, in the order of the bytes of its keys', () => {
    assert.deepEqual(openBucket(folder).list('', '', 10).keys, ['a.3', 'a/2', 'a/b/1'])
    assert.equal(String(openBucket(folder).get('a/b/1')?.body), 'a/b/1')
  })
  it('lists a page of a prefix, after a key, and says whether there is more', () => {
    const bucket = openBucket(folder)
    assert.deepEqual(bucket.list('a/', '', 1), { keys: ['a/2'], isCut: true })
    assert.deepEqual(bucket.list('a/', 'a/2', 1), { keys: ['a/b/1'], isCut: false })
  })
  it('writes only where the condition holds', () => {
    const bucket = openBucket(mkdtempSync(path.join(folder, 'own-')))
    assert.equal(bucket.put('k', Buffer.from('1'), { match: '"none"' }), false)
    assert.equal(bucket.put('k', Buffer.from('1'), { noneMatch: '*' }), true)
    assert.equal(bucket.put('k', Buffer.from('2'), { noneMatch: '*' }), false)
    const { etag } = bucket.get('k')!
    assert.equal(bucket.put('k', Buffer.from('3'), { match: etag }), true)
    assert.equal(bucket.put('k', Buffer.from('4'), { match: etag }), false)
    assert.equal(String(bucket.get('k')?.body), '3')
  })
})
