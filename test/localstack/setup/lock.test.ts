import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const { withLock } = await import(new URL('../../../localstack/setup/lock.mjs', import.meta.url).href)

const newLock = () => join(mkdtempSync(join(tmpdir(), 'millrace-lock-')), 'setup.lock')

function lockOf(pid: number): string {
  const lock = newLock()
  mkdirSync(lock)
  writeFileSync(join(lock, 'pid'), String(pid))
  return lock
}

describe('withLock', () => {
  it('holds the lock while the work runs and gives what it gives', async () => {
    const lock = newLock()
    assert.equal(await withLock(lock, () => existsSync(lock)), true)
    assert.equal(existsSync(lock), false)
  })
  it('lets the lock go when the work fails', async () => {
    const lock = newLock()
    await assert.rejects(
      withLock(lock, () => Promise.reject(new Error('no network'))),
      /no network/,
    )
    assert.equal(existsSync(lock), false)
  })
  it('takes over from an owner that is dead', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    assert.equal(await withLock(lockOf(pid), () => 'mine'), 'mine')
  })
  it('waits for an owner that lives, and says so once', async () => {
    const lock = lockOf(process.pid)
    const waitedFor: number[] = []
    setTimeout(() => spawnSync('rm', ['-r', lock]), 100)
    await withLock(lock, () => {}, { onWait: (owner: number) => waitedFor.push(owner), pollMs: 10 })
    assert.deepEqual(waitedFor, [process.pid])
  })
})
