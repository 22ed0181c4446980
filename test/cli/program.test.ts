import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runCommand } from '../run-command.ts'

const publish = (...args: string[]) => runCommand('publish', '--topic', 't', ...args)
const brokers = ['--brokers', '127.0.0.1:1']

describe('millrace', () => {
  it('prints its help and exits with 0 when asked for it', async () => {
    const { exitCode, stdout } = await runCommand('publish', '--help')
    assert.equal(exitCode, 0)
    assert.match(stdout, / 0 {4}it has left this machine: lost, unnoticed, whenever anything fails/)
  })
  it('shows the defaults of times with their unit, as they are given', async () => {
    assert.match((await runCommand('parity', '--help')).stdout, /\(default:\s+10s\)/)
    assert.match((await runCommand('rebuild', '--help')).stdout, /\(default:\s+1m\)/)
  })
  for (const [what, message, args] of [
    ['an unknown flag', /unknown option '--foo'/, ['--file', 'a.csv', '--foo']],
    ['no file', /required option '--file <path>' not specified/, []],
    ['a file that is not there', /--file cannot be read: ENOENT/, ['--file', 'none.csv', ...brokers]],
    ['an unknown extension', /--file must end in/, ['--file', 'rows.xlsx', ...brokers]],
    ['two clusters', /cannot be used with option '--brokers/, ['--file', 'a.csv', ...brokers, '--cluster-arn', 'arn']],
    ['brokers without a port', /It must be host:port/, ['--file', 'a.csv', '--brokers', 'localhost']],
    ['an unknown acks', /Allowed choices are all, 1, 0/, ['--file', 'a.csv', '--acks', '2']],
    ['a rate that is no number', /It must be a whole number from 1/, ['--file', 'a.csv', '--rate', 'fast']],
    ['a limit of 0', /It must be a whole number from 1/, ['--file', 'a.csv', '--limit', '0']],
  ] as const) {
    it(`rejects ${what} with one error and exit code 2`, async () => {
      const { exitCode, stdout, stderr } = await publish(...args)
      assert.equal(exitCode, 2)
      assert.equal(stdout, '')
      assert.match(stderr, message)
      assert.equal(stderr.trimEnd().split('\n').length, 1)
    })
  }
  for (const [what, message, args] of [
    ['no topic', /required option '--from <source>' not specified/, []],
    ['a source that is none', /It must be 'rejected' or 'failures' of the definition, or a topic of rejections/, ['--from', 'nonsense']],
    [
      'a code that is none',
      /--code must be of VALUE_MISSING, .*SCORE_INVALID with --from t\.rejected, got 'EVENT_INVLID'/,
      ['--from', 't.rejected', ...brokers, '--code', 'FILTERED', 'EVENT_INVLID'],
    ],
    [
      "a step's code for what Lambda gave up",
      /--code must be of RetryAttemptsExhausted, RecordAgeExceeded, MaximumPayloadSizeExceeded with --from failures, got 'EVENT_INVALID'/,
      ['--from', 'failures', ...brokers, '--code', 'EVENT_INVALID'],
    ],
    ['a time that is none', /It must be a time in ISO 8601/, ['--from', 't.rejected', ...brokers, '--since', 'yesterday']],
    ['no attempt at all', /It must be a whole number from 1/, ['--from', 't.rejected', ...brokers, '--attempts-at-most', '0']],
  ] as const) {
    it(`rejects a redrive with ${what} with one error and exit code 2`, async () => {
      const { exitCode, stderr } = await runCommand('redrive', ...args)
      assert.equal(exitCode, 2)
      assert.match(stderr, message)
      assert.equal(stderr.trimEnd().split('\n').length, 1)
    })
  }

  const slice = ['replay', '--from', '2026-11-23', '--to', '2026-11-24']
  for (const [what, message, args] of [
    ['a role that is none', /Allowed choices are champion, challenger, shadow/, ['promote', 'v1', '--as', 'king']],
    ['a share of 0', /It must be above 0 and at most 1/, ['promote', 'v1', '--as', 'challenger', '--share', '0']],
    ['a share for a shadow', /--share goes with --as challenger, got --as shadow/, ['promote', 'v1', '--as', 'shadow', '--share', '0.5']],
    ['no model', /name a version of `millrace models`, or else both --onnx FILE and --manifest FILE/, ['promote']],
    ['a model without its manifest', /name a version .* or else both/, ['promote', '--onnx', 'model.onnx']],
    ['a version and a file', /name a version .* or else both/, ['promote', 'v1', '--onnx', 'a.onnx', '--manifest', 'a.json']],
    ['an ONNX file that is not there', /--onnx cannot be read: ENOENT/, ['promote', '--onnx', 'a', '--manifest', 'b', '--bucket', 'c']],
    ['a champion to withdraw', /Allowed choices are shadow, challenger/, ['withdraw', 'champion']],
    ['a definition that is not there', /--pipeline must be a file, there is none at/, ['models', '--pipeline', 'none.ts']],
    ['a watch without end', /It must be a whole number of seconds from 0 to 600/, ['status', '--watch', '601']],
    ['a time that is none', /It must be a time in ISO 8601/, ['replay', '--from', 'yesterday', '--to', 'today', '--to-topic', 'shadow']],
    [
      'a slice from after to',
      /--from must be before --to, got 2026-11-24T/,
      ['replay', '--from', '2026-11-24', ...slice.slice(3), '--to-topic', 'x'],
    ],
    ['parity from after to', /--from must be before --to, got 2026-11-24T/, ['parity', '--from', '2026-11-24', '--to', '2026-11-23']],
    ['a sample of 0', /It must be above 0 and at most 1/, ['parity', ...slice.slice(1), '--sample', '0']],
    ['a tolerance below 0', /It must be a number from 0/, ['parity', ...slice.slice(1), '--tolerance', '-1']],
    ['a lag without a unit', /It must be a time such as 500ms, 10s or 2m/, ['parity', ...slice.slice(1), '--lag', '10']],
    ['a wait without a unit', /It must be a time such as 500ms, 10s or 2m/, ['rebuild', '--wait', '10']],
    ['a rebuild from two clusters', /cannot be used with option '--brokers/, ['rebuild', '--cluster-arn', 'arn', ...brokers]],
    ['another knowledge', /Allowed choices are exact, event-time/, ['parity', ...slice.slice(1), '--knowledge', 'all']],
    ['no shadow topic', /required option '--to-topic <prefix>' not specified/, slice],
    ['the live topics', /--to-topic must not be flights: that is the live pipeline/, [...slice, '--to-topic', 'flights']],
  ] as const) {
    it(`rejects ${what} with one error and exit code 2`, async () => {
      const { exitCode, stdout, stderr } = await runCommand(...args)
      assert.deepEqual([exitCode, stdout], [2, ''])
      assert.match(stderr, message)
      assert.equal(stderr.trimEnd().split('\n').length, 1)
    })
  }
})
