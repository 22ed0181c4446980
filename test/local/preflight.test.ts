import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { runCommand } from '../run-command.ts'

describe('millrace preflight on the emulator', { timeout: 240_000 }, () => {
  let emulator: Emulator
  before(async () => {
    emulator = await startEmulator({ brokers: '127.0.0.1:9' }) // nothing asks for them
    Object.assign(process.env, emulator.env)
  })
  after(() => emulator?.stop())

  it('says of each quota what it found, or why it could not look, and fails for no emulator that knows little', async () => {
    const { exitCode, stdout } = await runCommand('preflight', '-c', 'zones=2', '-c', 'natGateways=1', '--json')
    const { stack, checks } = JSON.parse(stdout) as {
      readonly stack: string
      readonly checks: readonly { readonly what: string; readonly needed: number; readonly verdict: string; readonly note: string }[]
    }
    assert.deepEqual([exitCode, stack], [0, 'Millrace-flights'])
    assert.equal(checks.find(({ what }) => what === 'MSK brokers')?.needed, 2)
    assert.equal(checks.find(({ what }) => what === 'elastic IP addresses')?.needed, 1)
    for (const { verdict, note } of checks) if (verdict === 'unknown') assert.match(note, /^could not be looked up: \S/)
    assert.match(checks.find(({ what }) => what.includes('kafka-api'))?.note ?? '', /the emulator does not know it/)
  })
  it('rejects a setting with what the app says', async () => {
    const { exitCode, stderr } = await runCommand('preflight', '-c', 'brokerType=kafka.t3.small')
    assert.equal(exitCode, 1)
    assert.match(stderr, /^error: brokerType must be kafka\.m5\.large, .*got "kafka\.t3\.small"/)
  })
})
