import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { logsFolder } from '../../localstack/folders.mjs'
import { startProcess, stopAll } from '../../localstack/processes.ts'

const node = (name: string, script: string) => ({ name: `test-${name}`, command: process.execPath, args: ['-e', script], env: process.env })
const forever = 'setInterval(() => {}, 1000)'

after(async () => {
  await stopAll()
  for (const log of readdirSync(logsFolder).filter(name => name.startsWith('test-'))) rmSync(join(logsFolder, log))
})

describe('startProcess', () => {
  it('writes what the process prints to its log', async () => {
    const owned = await startProcess(node('log', `console.log('hello'); console.error('there'); ${forever}`))
    await owned.untilReady(async () => readFileSync(owned.logFile, 'utf8').includes('there'), 5_000)
    assert.equal(readFileSync(owned.logFile, 'utf8'), 'hello\nthere\n')
    await owned.stop()
  })
  it('gives the process the environment it was told and no other', async () => {
    const owned = await startProcess({ ...node('env', `console.log(Object.keys(process.env).join()); ${forever}`), env: { ONLY: '1' } })
    await owned.untilReady(async () => readFileSync(owned.logFile, 'utf8').includes('\n'), 5_000)
    assert.equal(readFileSync(owned.logFile, 'utf8'), 'ONLY\n')
    await owned.stop()
  })
  it('can be killed, and keeps its folder until it is stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
    const owned = await startProcess({ ...node('kill', `process.on('SIGTERM', () => {}); ${forever}`), folder })
    await owned.kill()
    assert.throws(() => process.kill(owned.pid, 0), { code: 'ESRCH' })
    assert.equal(existsSync(folder), true)
    await owned.stop()
    assert.equal(existsSync(folder), false)
  })
  it('rejects a command that is not there, with its name and what to do', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
    await assert.rejects(startProcess({ name: 'kafka-test', command: '/nowhere/java', args: [], env: {}, folder }), {
      code: 'PREREQUISITE_MISSING',
      message: 'kafka-test needs the command /nowhere/java, which cannot be started; run npm run setup to see what is missing',
    })
    assert.equal(existsSync(folder), false)
  })
  it('rejects a process that ends before it is ready, with the end of its log', async () => {
    const owned = await startProcess(node('early', `console.log('port is taken'); process.exit(3)`))
    await assert.rejects(
      owned.untilReady(async () => false, 5_000),
      error => {
        assert.match(String(error), /test-early ended with 3 before it was ready; the end of .*test-early\.log:\nport is taken$/)
        return true
      },
    )
    await owned.stop()
  })
  it('rejects a process that is not ready in time', async () => {
    const owned = await startProcess(node('late', forever))
    await assert.rejects(
      owned.untilReady(async () => false, 100),
      /test-late was not ready within 100 ms/,
    )
    await owned.stop()
  })
})

describe('stop', () => {
  it('ends the process, its own children, and removes its folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
    const owned = await startProcess({ ...node('family', `${spawnChild}; ${forever}`), folder })
    const child = await readPid(owned.logFile)
    await owned.stop()
    assert.deepEqual([isLive(owned.pid), existsSync(folder)], [false, false])
    await until(() => !isLive(child)) // it was sent SIGKILL; the system takes its moment
  })
  it('ends a process that ignores SIGTERM by force after its grace', async () => {
    const owned = await startProcess({
      ...node('deaf', `process.on('SIGTERM', () => {}); console.log(process.pid); ${forever}`),
      graceMs: 100,
    })
    await readPid(owned.logFile)
    await owned.stop()
    assert.equal(isLive(owned.pid), false)
  })
  it('leaves no child of a process that has crashed', async () => {
    const owned = await startProcess(node('crash', `${spawnChild}; setTimeout(() => process.exit(1), 200)`))
    const child = await readPid(owned.logFile)
    await until(() => !isLive(child))
    await owned.stop()
  })
  it('may be called twice, and with stopAll', async () => {
    const owned = await startProcess(node('twice', forever))
    await Promise.all([owned.stop(), owned.stop(), stopAll(), stopAll()])
    assert.equal(isLive(owned.pid), false)
  })
})

describe('the leash', { concurrency: true }, () => {
  const ends: Record<string, (run: ChildProcess) => unknown> = {
    'is killed': run => run.kill('SIGKILL'),
    'is interrupted by Ctrl-C': run => run.kill('SIGINT'),
    'is terminated': run => run.kill('SIGTERM'),
    'throws what nobody catches': run => run.stdin?.write('throw'),
    'exits without stopping anything': run => run.stdin?.write('exit'),
  }
  for (const [how, end] of Object.entries(ends)) {
    it(`ends process and folder when the run ${how}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
      const run = spawn(process.execPath, ['-e', runScript, folder], { stdio: ['pipe', 'pipe', 'ignore'] })
      const pid = Number(String((await once(run.stdout, 'data'))[0]))
      assert.equal(isLive(pid), true)
      end(run)
      await until(() => !isLive(pid) && !existsSync(folder))
    })
  }
})

const spawnChild = `console.log(require('child_process').spawn(process.execPath, ['-e', '${forever}']).pid)`

const runScript = `
  import(${JSON.stringify(new URL('../../localstack/processes.ts', import.meta.url))}).then(async ({ startProcess }) => {
    const server = { name: 'test-leash-' + process.pid, command: process.execPath, args: ['-e', '${forever}'], env: {}, folder: process.argv[1] }
    console.log((await startProcess(server)).pid)
    process.stdin.on('data', word => { if (String(word) === 'throw') throw new Error('x'); process.exit(0) })
  })`

const readPid = async (logFile: string) => {
  await until(() => readFileSync(logFile, 'utf8').includes('\n'))
  return Number(readFileSync(logFile, 'utf8'))
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (isTrue()) return
    await sleep(20)
  }
  assert.fail('not within 10 s')
}

/** Whether the process runs; one that has ended and that nobody has waited for does not. */
function isLive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
