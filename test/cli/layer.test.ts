import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runCommand } from '../run-command.ts'

describe('millrace layer', () => {
  it('rejects a reset without --yes, before a store is asked for anything', async () => {
    const { exitCode, stdout, stderr } = await runCommand('layer', 'reset', '--bucket', 'none')
    assert.deepEqual([exitCode, stdout], [2, ''])
    assert.match(stderr, /layer reset gives up all that the layer has learnt .*; confirm it with --yes\n$/)
  })
  it('rejects no subcommand with the list of them', async () => {
    const { exitCode, stderr } = await runCommand('layer')
    assert.equal(exitCode, 2)
    for (const name of ['show', 'freeze', 'unfreeze', 'reset', 'check']) assert.match(stderr, new RegExp(`^ +${name} `, 'm'))
  })
  it('rejects a wait without a unit', async () => {
    const { exitCode, stderr } = await runCommand('layer', 'check', '--wait', '10')
    assert.equal(exitCode, 2)
    assert.match(stderr, /It must be a time such as 500ms, 10s or 2m/)
  })
  it('says in the help of check what its exit codes mean', async () => {
    const { exitCode, stdout } = await runCommand('layer', 'check', '--help')
    assert.equal(exitCode, 0)
    assert.match(stdout, /1 it is not, or records are missing from the archive/)
  })
})
