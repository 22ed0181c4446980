import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attemptLogs, readPages } from '#functions/state/items.ts'
import { decodePage, encodePage, type PageRecord } from '#functions/state/page.ts'

const sourceCount = 2
const record = (hash: number, body: string): PageRecord => ({ hash, until: Buffer.alloc(8 * sourceCount), body: Buffer.from(body) })
const page = encodePage([record(1, '["a"]'), record(7, '["bb"]')])

describe('decodePage', () => {
  it('gives the records that were encoded, and of wanted hashes alone where it is told to', () => {
    assert.deepEqual(
      decodePage(page, sourceCount).map(({ hash, body }) => [hash, body.toString()]),
      [
        [1, '["a"]'],
        [7, '["bb"]'],
      ],
    )
    assert.deepEqual(
      decodePage(page, sourceCount, hash => hash === 7).map(({ hash }) => hash),
      [7],
    )
  })
  it('rejects bytes that are no whole page, wherever it is cut, and zeros', () => {
    for (let length = 0; length < page.length; length++) {
      assert.throws(() => decodePage(page.subarray(0, length), sourceCount), { code: 'STORE_FAILED' }, `${length} bytes`)
    }
    assert.throws(() => decodePage(Buffer.alloc(page.length), sourceCount), /a page of 0 keys must have 4 bytes/)
  })
})

describe('readPages', () => {
  it('names the page that cannot be read, and says what to do', async () => {
    const ref = { attempt: 'x', at: 3, itemCount: 1 }
    const body = page.subarray(0, 20)
    const store = { read: async () => [{ log: attemptLogs.page('s', ref), number: 0, body, expiresAtSec: 0 }] }
    await assert.rejects(
      readPages(store as never, 's', [ref] as never, (_page, bytes) => void decodePage(bytes, sourceCount)),
      /^MillraceError: s\/x\/page\/3 of the windows' state: a page of 2 keys must have \d+ bytes, got 20; restore the table to a time before, or raise/,
    )
  })
})
