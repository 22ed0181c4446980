import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'
import { parseStartOptions } from '../../localstack/options.ts'

const start = path.join(import.meta.dirname, '../../localstack/start.ts')
const run = (...args: string[]) => spawnSync(process.execPath, [start, ...args], { encoding: 'utf8', timeout: 20_000 })

describe('npm start', () => {
  it('takes its defaults', () => {
    assert.deepEqual(parseStartOptions([]), { rows: 200_000, exit: false, corrupt: 0, pipeline: 'models/pipeline.ts' })
  })
  it('reads every option', () => {
    const args = [
      '--rows',
      '5',
      '--exit',
      '--json',
      'o.json',
      '--speed',
      '60',
      '--corrupt',
      '0.01',
      '--drift-at',
      '0.5',
      '--pipeline',
      'p.ts',
    ]
    assert.deepEqual(parseStartOptions(args), {
      rows: 5,
      exit: true,
      json: 'o.json',
      speed: 60,
      corrupt: 0.01,
      driftAt: 0.5,
      pipeline: 'p.ts',
    })
  })
  it('prints its help and ends with 0', () => {
    const { status, stdout } = run('--help')
    assert.equal(status, 0)
    for (const option of ['--rows', '--exit', '--json', '--speed', '--corrupt', '--drift-at', '--pipeline'])
      assert.match(stdout, new RegExp(option))
  })
  const refusals: readonly [args: string[], message: RegExp][] = [
    [['--rows', '0'], /a whole number from 1 to 3000000 is wanted/],
    [['--speed', 'fast'], /a number above 0 is wanted/],
    [['--corrupt', '2'], /a number from 0 to 1 is wanted/],
    [['--drift-at', '1'], /a number above 0 and below 1 is wanted/],
    [['--drift-at', 'half'], /a number above 0 and below 1 is wanted/],
    [['--row', '5'], /unknown option '--row'/],
  ]
  for (const [args, message] of refusals) {
    it(`rejects ${args.join(' ')} with 2`, () => {
      const { status, stderr } = run(...args)
      assert.equal(status, 2)
      assert.match(stderr, message)
    })
  }
  it('rejects a --json that cannot be written, before it starts anything', () => {
    const { status, stderr } = run('--json', '/nonexistent/x.json')
    assert.equal(status, 2)
    assert.match(stderr, /^error: --json must be a file that can be written, got \/nonexistent\/x\.json: ENOENT[^\n]*\n$/)
  })
  it('rejects a definition that is not there, before it starts anything', () => {
    const { status, stderr } = run('--pipeline', 'models/none.ts')
    assert.equal(status, 2)
    assert.match(stderr, /^error: --pipeline must be a file, there is none at .*models\/none\.ts/)
  })
})
