import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { readHistory } from '../../cli/backtest/history.ts'
import { openRows } from '../../cli/read-rows.ts'
import { pipelineChecks } from '../checks/pipeline-checks.ts'
import { collect } from '../collect.ts'
import { runCommand } from '../run-command.ts'

const root = path.join(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-init-'))
after(() => rmSync(folder, { recursive: true }))

const run = (...args: string[]) => runCommand('init', ...args)

function makeFile(name: string, content: string): string {
  const file = path.join(folder, name)
  writeFileSync(file, content)
  return file
}
const lines = (count: number, toLine: (row: number) => string) => Array.from({ length: count }, (_, row) => toLine(row)).join('\n')

/** Every trouble at once: odd names, missing cells, texts of numbers, quotes, a date in words, an unnamed column, a name of JavaScript's. */
const odd = `,Order No,"it's, a ""name""",1st price,2nd-try,größe,constructor,__proto__,code,when,comment,done
${lines(120, row => `${row},"A${row}",${row % 7},${row % 5 === 0 ? '' : `"${row}.5"`},${row % 4 === 0 ? 'n/a' : row},${['S', 'M', 'L'][row % 3]},${row % 11},x,${row % 2 ? '007' : 12},Mar ${(row % 28) + 1} 2021,"${'word '.repeat(60)}",${row % 3 === 0 ? 'Y' : 'N'}`)}
`
const sensors = `${lines(90, row => JSON.stringify({ sensorId: `s${row}`, atMs: 1.6e12 + row * 60_000, isOpen: row % 2 === 0, load: row % 6 ? row / 3 : null, tags: ['a'], failed: row % 5 === 0 }))}\n`
/** Cells to read, a ready clock, no id: every column is there or supplied, so that a backtest does not run `history`. */
const loose = `sentAtMs,price,code,paid
${lines(80, row => `${1.6e12 + row},${row % 5 ? row : 'NA'},${row % 2 ? '007' : 12},${row % 3 ? 0 : 1}`)}
`
const wide = `${lines(1, () => Array.from({ length: 520 }, (_, column) => `c${column}`).join(','))},label
${lines(30, row => `${Array.from({ length: 520 }, (_, column) => (row * column) % 13).join(',')},${row % 2}`)}
`
const vega = (name: string) => path.join(root, 'node_modules/vega-datasets/data', name)

const files: readonly [name: string, data: string, args: readonly string[]][] = [
  ['odd', makeFile('odd.csv', odd), ['--label', 'done']],
  ['sensors', makeFile('sensors.ndjson', sensors), ['--label', 'failed']],
  ['loose', makeFile('loose.csv', loose), ['--label', 'paid']],
  ['wide', makeFile('wide.csv', wide), ['--label', 'label']],
  ['seattle', vega('seattle-weather.csv'), ['--label', 'weather', '--positive', 'rain']],
  ['birdstrikes', vega('birdstrikes.csv'), ['--label', 'Effect Amount of damage', '--positive', 'None']],
  ['flights', vega('flights-airport.csv'), ['--label', 'count', '--positive-above', '500']],
]
const outOf = (name: string) => path.join(folder, `${name}.ts`)
for (const [name, data, args] of files) {
  const { exitCode, stderr } = await run('--data', data, ...args, '--out', outOf(name), '--name', name)
  assert.equal(exitCode, 0, stderr)
}

for (const [name, data, args] of files) {
  const { pipeline } = (await import(outOf(name))) as { pipeline: Pipeline }
  const history = readHistory(pipeline, (await openRows(data, { textColumns: [] })).rows, { isSorted: false })
  const entries = await collect(history.entries)

  describe(`the definition that init writes of ${name}`, () => {
    it('takes every row and label of the file, as a backtest reads it', () => {
      assert.deepEqual([history.readCounts().rejected, entries.length], [{}, history.readCounts().rows])
      assert.ok(entries.every(({ label }) => label))
    })
    it('tells both labels apart', () => {
      const targets = new Set(entries.map(({ target }) => target))
      assert.deepEqual([...targets].sort(), [0, 1])
    })
    it('stands as Biome would write it, without a finding', () => {
      const source = readFileSync(outOf(name), 'utf8')
      const args = ['check', '--write', `--stdin-file-path=models/${name}.ts`]
      const formatted = execFileSync(path.join(root, 'node_modules/.bin/biome'), args, { cwd: root, input: source, encoding: 'utf8' })
      assert.equal(formatted, source)
    })
    it('is the same bytes for the same file', async () => {
      const again = path.join(folder, `${name}-again.ts`)
      await run('--data', data, ...args, '--out', again, '--name', name)
      assert.equal(readFileSync(again, 'utf8'), readFileSync(outOf(name), 'utf8'))
    })
  })
  pipelineChecks(
    pipeline,
    entries.slice(0, 3).map(({ event }) => event),
  )
}

describe('definitions that init writes', () => {
  it('pass the compiler of TypeScript', () => {
    const config = {
      extends: path.join(root, 'tsconfig.json'),
      compilerOptions: { typeRoots: [path.join(root, 'node_modules/@types')] },
      include: [],
      files: files.map(([name]) => outOf(name)),
    }
    makeFile('package.json', JSON.stringify({ type: 'module' }))
    const tsconfig = makeFile('tsconfig.json', JSON.stringify(config))
    execFileSync(path.join(root, 'node_modules/.bin/tsc'), ['-p', tsconfig], { encoding: 'utf8', stdio: 'pipe' })
  })
})

describe('millrace init, then millrace backtest', () => {
  it('judges a file of others: a model beats no change', async () => {
    const [name, data] = files.find(([file]) => file === 'seattle')!
    const json = path.join(folder, 'backtest.json')
    const { exitCode, stderr } = await runCommand('backtest', '--pipeline', outOf(name), '--data', data, '--json', json)
    assert.equal(exitCode, 0, stderr)
    const { rows, rejected, accuracy, baselines } = JSON.parse(readFileSync(json, 'utf8'))
    assert.deepEqual([rows, rejected], [1461, {}])
    assert.ok(accuracy > baselines.noChange.accuracy + 0.05, `${accuracy} against ${baselines.noChange.accuracy}`)
  })
})

describe('millrace init', () => {
  const data = makeFile('rows.csv', `id,amount,late\n${lines(60, row => `i${row},${row % 7},${row % 3 === 0 ? 'yes' : 'no'}`)}\n`)

  it('prints what it wrote, what it left out, what it was unsure of, and what to run next', async () => {
    const { stdout } = await run('--data', data, '--label', 'late', '--out', outOf('printed'))
    assert.match(stdout, /^wrote .*printed\.ts from 60 rows of /)
    assert.match(stdout, /\n {2}label 'late' is 'yes': 33\.3 % of 60 rows\n/)
    assert.match(stdout, /\n {2}number: |\n {2}category: 'amount' holds 7 whole numbers, taken as amounts/)
    assert.match(stdout, /\nNext: npm run millrace -- backtest --pipeline .*printed\.ts --data /)
  })
  it('prints paths as a shell takes them, and --sort where times go back', async () => {
    const days = lines(60, row => `2020-01-${String(28 - (row % 28)).padStart(2, '0')},${row % 2}`)
    const { stdout } = await run('--data', makeFile("it's odd.csv", `day,late\n${days}\n`), '--label', 'late', '--out', outOf('shell'))
    assert.match(stdout, /--data '.*\/it'\\''s odd\.csv' --sort\n$/)
  })
  it('gathers columns of which it says the same, and prints a few lines of a kind', async () => {
    const { stdout } = await run('--data', files[3][1], '--label', 'label', '--out', outOf('gathered'))
    assert.match(stdout, /\n {2}'c0', 'c13', 'c26', 'c39', 'c52', 'c65', and \d+ more: each has the same value in every row\n/)
    assert.ok(stdout.split('\n').length < 30, stdout)
  })
  it('counts the features that the file has, the latest labels among them', async () => {
    const { stdout } = await run('--data', data, '--label', 'late', '--out', outOf('counted'))
    assert.match(stdout, /\n {2}3 features, 0 of them categories, 2 the latest labels\n/)
  })
  it('prints the same as JSON', async () => {
    const { stdout } = await run('--data', data, '--label', 'late', '--out', outOf('json'), '--json')
    const report = JSON.parse(stdout)
    assert.deepEqual(
      [report.id, report.time, report.rowCount, report.features],
      ['id', 'rowAtMs', 60, [{ name: 'amount', kind: 'number' }]],
    )
    assert.deepEqual(report.label, { column: 'late', meaning: "'yes'", positiveCount: 20, negativeCount: 40 })
    assert.deepEqual(
      report.unsure.map(({ about }: { about: string }) => about),
      ['file', 'time', 'label', 'category'],
    )
  })
  it('imports the models from where they are', async () => {
    await run('--data', data, '--label', 'late', '--out', outOf('imports'))
    const [, from] = /from '(.*)define\.ts'/.exec(readFileSync(outOf('imports'), 'utf8')) ?? []
    assert.equal(path.resolve(folder, from), path.join(root, 'models'))
  })

  const taken = makeFile('taken.ts', 'export const pipeline = definePipeline({})\n')
  const foreign = makeFile('foreign.ts', 'export const answer = 42\n')
  const label = ['--label', 'late']
  for (const [what, exitCode, message, args] of [
    ['no label', 2, /required option '--label <column>' not specified/, ['--data', data]],
    ['a file that is not there', 2, /--data cannot be read: ENOENT/, ['--data', path.join(folder, 'none.csv'), ...label]],
    ['an unknown extension', 2, /--data must end in \.csv/, ['--data', makeFile('rows.txt', 'a'), ...label]],
    ['an empty file', 1, /empty\.csv holds no rows/, ['--data', makeFile('empty.csv', ''), ...label]],
    ['a file with a header only', 1, /header\.csv holds no rows/, ['--data', makeFile('header.csv', 'id,late\n'), ...label]],
    ['a column named twice', 1, /names the column 'a' twice/, ['--data', makeFile('twice.csv', 'a,a,late\n1,2,0\n'), ...label]],
    [
      'an unknown label column',
      2,
      /--label must be a column .* got 'lates'; .* did you mean 'late'\?/,
      ['--data', data, '--label', 'lates'],
    ],
    ['an unknown id column', 2, /--id must be a column of the file, got 'ids'/, ['--data', data, ...label, '--id', 'ids']],
    ['an id that is the label', 2, /--id must be another column than the label, got 'late'/, ['--data', data, ...label, '--id', 'late']],
    [
      'both a mistyped label and a definition that is there',
      2,
      /lat.*; and .*taken\.ts is there already/,
      ['--data', data, '--label', 'lat', '--out', taken],
    ],
    ['a definition that is there', 2, /taken\.ts is there already; --force replaces it/, ['--data', data, ...label, '--out', taken]],
    [
      'to replace what is no definition',
      2,
      /foreign\.ts is no definition, so --force does not replace it/,
      ['--data', data, ...label, '--out', foreign, '--force'],
    ],
    ['an output that is no TypeScript', 2, /--out must end in \.ts/, ['--data', data, ...label, '--out', path.join(folder, 'x.js')]],
    [
      'an output in no folder',
      2,
      /--out must be in a folder that is there/,
      ['--data', data, ...label, '--out', path.join(folder, 'no/x.ts')],
    ],
    ['a name that topics cannot have', 2, /It must be 1 to 40 lower-case letters/, ['--data', data, ...label, '--name', 'A b']],
    ['a limit that is no number', 2, /It must be a number/, ['--data', data, ...label, '--positive-above', 'x']],
  ] as const) {
    it(`rejects ${what} with exit code ${exitCode}, and writes nothing`, async () => {
      const out = path.join(folder, 'refused.ts')
      const answer = await run(...args, ...((args as readonly string[]).includes('--out') ? [] : ['--out', out]))
      assert.equal(answer.exitCode, exitCode, answer.stderr)
      assert.match(answer.stderr, message)
      assert.equal(existsSync(out), false)
    })
  }
  it('replaces a definition with --force', async () => {
    const { exitCode } = await run('--data', data, '--label', 'late', '--out', taken, '--force')
    assert.equal(exitCode, 0)
    assert.match(readFileSync(taken, 'utf8'), /name: 'rows'/)
  })
})
