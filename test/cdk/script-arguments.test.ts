import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseScriptArguments } from '../../cdk/script-arguments.ts'

const usage = 'usage: npm run sizes [-- x86_64 | arm64]'
const parse = (...args: string[]) => parseScriptArguments(args, { usage, allowed: ['x86_64', 'arm64'] })

describe('parseScriptArguments', () => {
  it('gives what is allowed, or nothing', () => {
    assert.deepEqual([parse('arm64'), parse()], [{ argument: 'arm64' }, { argument: undefined }])
  })
  it('gives the usage where it is asked for', () => {
    assert.deepEqual([parse('--help'), parse('arm64', '-h')], Array(2).fill({ text: usage, exitCode: 0 }))
  })
  it('rejects any other argument with what is allowed, and the usage', () => {
    assert.deepEqual(parse('x64'), { text: `the argument must be x86_64 or arm64, or left out, got x64\n${usage}`, exitCode: 2 })
    assert.equal('exitCode' in parse('arm64', 'x86_64'), true)
  })
  it('rejects an argument where none is taken', () => {
    assert.deepEqual(parseScriptArguments(['all'], { usage, allowed: [] }), {
      text: `there must be no argument, got all\n${usage}`,
      exitCode: 2,
    })
  })
})
