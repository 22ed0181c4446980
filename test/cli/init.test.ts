import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import type { Payload, Pipeline } from '#models/pipeline-compiler.ts'
import { toRowColumns } from '../../cli/init/row-columns.ts'
import { runMillrace } from '../../cli/program.ts'
import { openRows } from '../../cli/read-rows.ts'
import { pipelineChecks } from '../checks/pipeline-checks.ts'

const root = path.join(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-init-'))
after(() => rmSync(folder, { recursive: true }))

async function run(...args: string[]) {
  const written = { stdout: '', stderr: '' }
  const terminal = {
    stdout: { write: (text: string) => (written.stdout += text) },
    stderr: { write: (text: string) => (written.stderr += text) },
    signal: new AbortController().signal,
  }
  return { exitCode: await runMillrace(['init', ...args], terminal), ...written }
}

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
const wide = `${lines(1, () => Array.from({ length: 520 }, (_, column) => `c${column}`).join(','))},label
${lines(30, row => `${Array.from({ length: 520 }, (_, column) => (row * column) % 13).join(',')},${row % 2}`)}
`
const vega = (name: string) => path.join(root, 'node_modules/vega-datasets/data', name)

const files: readonly [name: string, data: string, args: readonly string[]][] = [
  ['odd', makeFile('odd.csv', odd), ['--label', 'done']],
  ['sensors', makeFile('sensors.ndjson', sensors), ['--label', 'failed']],
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

/** The rows as a backtest gives them to the steps. */
async function* readHistory(pipeline: Pipeline, data: string): AsyncGenerator<Payload> {
  let at = 0
  for await (const { fields } of (await openRows(data, { textColumns: [] })).rows) {
    const row = { ...toRowColumns(at), ...(fields as object) }
    yield pipeline.history.read ? pipeline.history.read(row, at) : row
    at++
  }
}

for (const [name, data, args] of files) {
  const { pipeline } = (await import(outOf(name))) as { pipeline: Pipeline }
  const events: Payload[] = []
  for await (const row of readHistory(pipeline, data)) events.push(row)

  describe(`the definition that init writes of ${name}`, () => {
    it('takes every row and label of the file', () => {
      for (const row of events) {
        const event = pipeline.parseEvent(row)
        assert.ok(event.ok, event.ok ? '' : `${JSON.stringify(row)}: ${event.field} ${event.reason}`)
        const label = pipeline.parseLabel(row)
        assert.ok(label.ok, label.ok ? '' : `${JSON.stringify(row)}: ${label.field} ${label.reason}`)
        assert.equal(pipeline.labelId(label.value), pipeline.eventId(event.value))
      }
    })
    it('tells both labels apart', () => {
      const targets = new Set(events.map(row => pipeline.toTarget(row)))
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
  pipelineChecks(pipeline, events.slice(0, 3))
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

describe('millrace init', () => {
  const data = makeFile('rows.csv', `id,amount,late\n${lines(60, row => `i${row},${row % 7},${row % 3 === 0 ? 'yes' : 'no'}`)}\n`)

  it('prints what it wrote, what it left out, what it was unsure of, and what to run next', async () => {
    const { stdout } = await run('--data', data, '--label', 'late', '--out', outOf('printed'))
    assert.match(stdout, /^wrote .*printed\.ts from 60 rows of /)
    assert.match(stdout, /\n {2}label 'late' is 'yes': 33\.3 % of 60 rows\n/)
    assert.match(stdout, /\n {2}number: |\n {2}category: 'amount' holds 7 whole numbers, taken as amounts/)
    assert.match(stdout, /\nNext: npm run millrace -- backtest --pipeline .*printed\.ts --data /)
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
