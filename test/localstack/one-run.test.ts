import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { asOnlyRun } from '../../localstack/one-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-run-'))
after(() => rmSync(folder, { recursive: true }))

describe('asOnlyRun', () => {
  it('rejects a second run, names the first, and leaves its lock', async () => {
    await asOnlyRun(async () => {
      await assert.rejects(
        asOnlyRun(async () => assert.fail('it must not run'), folder),
        { code: 'PREREQUISITE_MISSING', message: new RegExp(`already \\(pid ${process.pid}\\)`) },
      )
      assert.ok(existsSync(join(folder, 'run.lock')))
    }, folder)
    assert.equal(await asOnlyRun(async () => 1, folder), 1)
  })
  it('takes over from a run that died', async () => {
    mkdirSync(join(folder, 'run.lock'))
    writeFileSync(join(folder, 'run.lock', 'pid'), String(2 ** 30)) // no process has that number
    assert.equal(await asOnlyRun(async () => 1, folder), 1)
  })
})
