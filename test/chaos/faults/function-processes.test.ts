import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { findFunctionProcesses, killFunction } from './function-processes.ts'

const isLinux = process.platform === 'linux'

describe('killFunction', { skip: isLinux ? false : 'it reads /proc' }, () => {
  it('ends the processes of the function and leaves those of others', async () => {
    const start = (name: string) => {
      return spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], { env: { AWS_LAMBDA_FUNCTION_NAME: name } })
    }
    const [one, other] = [start('one'), start('one-more')]
    try {
      await Promise.all([once(one.stdout, 'data'), once(other.stdout, 'data')]) // they run
      assert.deepEqual(findFunctionProcesses(process.pid, 'one'), [one.pid])
      const ended = once(one, 'exit')
      assert.equal(killFunction(process.pid, 'one'), 1)
      assert.deepEqual(await ended, [null, 'SIGKILL'])
      assert.deepEqual(findFunctionProcesses(process.pid, 'one-more'), [other.pid])
    } finally {
      one.kill('SIGKILL')
      other.kill('SIGKILL')
    }
  })
  it('finds nothing where nobody runs the function', () => {
    assert.equal(killFunction(process.pid, 'nobody'), 0)
  })
})
