import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toHints } from '../../../localstack/console/hints.ts'
import { runCommand } from '../../run-command.ts'

const at = {
  pipelineName: 'flights',
  endpoint: 'http://127.0.0.1:4566',
  region: 'us-east-1',
  archiveBucket: 'archive',
  modelBucket: 'models',
  predictionsTable: 'predictions',
  logsFolder: '.local/logs',
  nowMs: Date.UTC(2026, 10, 30, 23),
}

describe('toHints', () => {
  it('exports the region under both names: the AWS CLI and the SDKs each know one', () => {
    assert.match(toHints(at)[0], /export AWS_ENDPOINT_URL=\S+ .* AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1$/)
  })
  it('names a slice of arrivals that holds this run', () => {
    assert.match(toHints(at).join('\n'), /replay --from 2026-11-30 --to 2026-12-01 --to-topic flights-again/)
  })
  it('carries a definition of its own to every command', () => {
    const lines = toHints({ ...at, pipelineFile: 'models/mine.ts' }).filter(line => line.includes('millrace --'))
    assert.equal(lines.length, 5)
    for (const line of lines) assert.match(line, / --pipeline models\/mine\.ts/)
  })
  it('names commands and flags that there are', async () => {
    for (const line of toHints(at)) {
      const [, command, flags] = /millrace -- (\w+)(.*)$/.exec(line) ?? []
      if (command === undefined) continue
      const { stdout } = await runCommand(command, '--help')
      for (const [flag] of flags.matchAll(/--[a-z-]+/g)) assert.ok(stdout.includes(flag), `${command} ${flag}`)
    }
  })
})
