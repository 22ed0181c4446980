import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { BacktestResult } from '../../cli/backtest/result.ts'
import { runCommand } from '../run-command.ts'
import { makeSmallRows } from './backtest/small-pipeline.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-backtest-'))
after(() => rmSync(folder, { recursive: true }))
const small = pathToFileURL(path.join(import.meta.dirname, 'backtest', 'small-pipeline.ts')).href
const definition = write('pipeline.ts', `export { smallPipeline as pipeline } from '${small}'\n`)
const data = write('rows.csv', toCsv(makeSmallRows(2_000)))

function write(name: string, text: string): string {
  const file = path.join(folder, name)
  writeFileSync(file, text)
  return file
}
function toCsv(rows: readonly Readonly<Record<string, unknown>>[]): string {
  return [Object.keys(rows[0]).join(','), ...rows.map(row => Object.values(row).join(','))].join('\n')
}
const backtest = (...flags: string[]) => runCommand('backtest', '--pipeline', definition, ...flags)

describe('millrace backtest', () => {
  it('prints the figures beside guessing, and writes them as JSON and as a page', async () => {
    const [json, page] = ['out.json', 'out.html'].map(name => path.join(folder, name))
    const { exitCode, stdout } = await backtest('--data', data, '--label-delay', '50', '--json', json, '--report', page)
    assert.equal(exitCode, 0)
    assert.match(stdout, /small: 2,000 rows of .*rows\.csv, .* label known 50 rows later/)
    assert.match(stdout, /\d+ trainings, at least 256 rows apart, \d+ promotions/)
    assert.match(stdout, /every 4th of 40 windows; .*\n +rows .*\n +1 to 50 .*\n +201 to 250 /)
    assert.match(stdout, /models +0\.\d{4}[\s\S]+no change +0\.\d{4}[\s\S]+majority +0\.\d{4}/)
    const result = JSON.parse(readFileSync(json, 'utf8')) as BacktestResult
    for (const name of [
      'rows',
      'labelDelay',
      'accuracy',
      'kappa',
      'auc',
      'logLoss',
      'windows',
      'baselines',
      'retrains',
      'promotions',
      'eventsPerSecond',
    ]) {
      assert.ok(Object.hasOwn(result, name), `${name} must be there`)
    }
    assert.equal(result.rows, 2_000)
    assert.deepEqual(result.labelDelay, { rows: 50 })
    assert.ok(result.accuracy! > result.baselines.majority.accuracy!)
    assert.ok(result.promotions.length >= 1)
    assert.match(readFileSync(page, 'utf8'), /small/)
  })
  it('takes a span of event time', async () => {
    const { stdout } = await backtest('--data', data, '--from', '2000-01-01T00:10:00Z', '--to', '2000-01-01T00:20:00Z')
    assert.match(stdout, /2000-01-01 00:10 to 2000-01-01 00:19/)
  })
  it('counts the labels that are neither yes nor no, and says so', async () => {
    const file = write('three.csv', toCsv(makeSmallRows(600).map((row, at) => (at % 10 === 0 ? { ...row, isGood: 'perhaps' } : row))))
    const { exitCode, stdout } = await backtest('--data', file)
    assert.equal(exitCode, 0)
    assert.match(stdout, /60 refused: label isGood: .*"yes"\|"no"/)
  })
  const refusals: readonly [what: string, flags: readonly string[], exitCode: number, message: RegExp][] = [
    ['a file that is not there', ['--data', 'nowhere.csv'], 2, /--data cannot be read: ENOENT/],
    ['a file of another kind', ['--data', definition], 2, /--data must end in \.csv, \.ndjson, \.jsonl, \.parquet/],
    ['an empty file', ['--data', write('empty.csv', '')], 1, /the file has no rows/],
    ['a missing column', ['--data', write('narrow.csv', 'size,isGood\n1,yes\n')], 1, /must have the columns colour/],
    [
      'bad numbers throughout',
      ['--data', write('bad.csv', 'size,colour,isGood\nx,red,yes\ny,red,no\n')],
      1,
      /refuses every row: event size/,
    ],
    ['a span without rows', ['--data', data, '--from', '2020-01-01'], 1, /no row of .* lies between --from and --to/],
    ['a delay that is none', ['--data', data, '--label-delay', 'soon'], 2, /whole number of rows, or a time such as/],
    [
      'a definition that is not there',
      ['--data', data, '--pipeline', 'nowhere.ts'],
      2,
      /--pipeline must be a file, there is none at .*nowhere\.ts/,
    ],
  ]
  for (const [what, flags, exitCode, message] of refusals) {
    it(`rejects ${what}`, async () => {
      const result = await backtest(...flags)
      assert.equal(result.exitCode, exitCode)
      assert.match(result.stderr, message)
    })
  }
  describe('of a definition with inputs', () => {
    const file = pathToFileURL(path.join(import.meta.dirname, '..', '..', 'models', 'examples', 'payments.ts')).href
    const payments = write('payments.ts', `export { pipeline } from '${file}'\n`)
    const rows = Array.from({ length: 40 }, (_, at) => ({
      paymentId: `p${at}`,
      sentAtMs: 1_700_000_000_000 + at * 60_000,
      cardId: `c${at % 2}`,
      shopId: 's1',
      country: 'DE',
      amountCents: 500,
      decidedAtMs: 1_700_000_000_000 + (at + 5) * 60_000,
      isChargedBack: 'no',
    }))
    const files = [
      ...['--input', `limits=${write('limits.csv', 'card,at,limitCents\nc0,2023-11-14T22:00:00Z,900\nc1,2023-11-14T22:00:00Z,\n')}`],
      ...['--input', `logins=${write('logins.csv', 'atMs,cardId,country\n1700000000000,7,FR\n1700000000001,c0,FR\n')}`],
      ...['--input-key', 'limits=card', '--input-time', 'limits=at'],
    ]
    const run = (...flags: string[]) => runCommand('backtest', '--pipeline', payments, '--data', write('paid.csv', toCsv(rows)), ...flags)

    it('reads a file an input and says what was read, and refused', async () => {
      const json = path.join(folder, 'inputs.json')
      const { exitCode, stdout, stderr } = await run(...files, '--json', json)
      assert.deepEqual([exitCode, stderr], [0, ''])
      assert.match(
        stdout,
        /input limits: 2 rows of .*limits\.csv\n +input logins: 2 rows of .*logins\.csv, 1 refused: cardId: invalid input/,
      )
      const { inputs } = JSON.parse(readFileSync(json, 'utf8')) as BacktestResult
      assert.deepEqual(
        inputs.map(({ name, rows }) => [name, rows]),
        [
          ['limits', 2],
          ['logins', 2],
        ],
      )
    })
    it('keeps columns of an input as text where it is told to', async () => {
      const { exitCode, stdout } = await run(...files, '--text', 'logins.cardId')
      assert.equal(exitCode, 0)
      assert.match(stdout, /input logins: 2 rows of .*logins\.csv\n/)
    })
    it('goes on without them where it is told to, and says so', async () => {
      const { exitCode, stdout } = await run('--without-inputs')
      assert.equal(exitCode, 0)
      assert.match(stdout, /input limits was left out: what features are given of it is missing\n +input logins was left out/)
    })
    const refusals: readonly [what: string, flags: readonly string[], exitCode: number, message: RegExp][] = [
      ['inputs without a file', [], 2, /hang on limits, logins: add --input limits=FILE --input logins=FILE, or --without-inputs/],
      ['an input that is not there', ['--input', 'cards=a.csv'], 2, /--input must name one of limits, logins, got 'cards'/],
      ['a key of a stream', [...files, '--input-key', 'logins=cardId'], 2, /--input-key must name one of limits, got 'logins'/],
      ['a file that is not there', ['--input', 'limits=nowhere.csv'], 2, /--input cannot be read: ENOENT/],
      ['a table without its key', files.slice(0, 4), 1, /limits\.csv must have the columns key, recordedAtMs, it has card, at, limitCents/],
    ]
    for (const [what, flags, exitCode, message] of refusals) {
      it(`rejects ${what}`, async () => {
        const result = await run(...flags)
        assert.match(result.stderr, message)
        assert.equal(result.exitCode, exitCode)
      })
    }
  })
  it('says that labels never came, where there are too few rows to learn from', async () => {
    const { exitCode, stdout } = await backtest('--data', write('few.csv', toCsv(makeSmallRows(50))))
    assert.equal(exitCode, 0)
    assert.match(stdout, /50 rows came before the first model/)
    assert.match(stdout, /no model was trained: the first is at \d+ labelled rows \(retrain\.when\.firstAtRows\)/)
  })
  it('scores the rows a second time with the online layer, and says what that went by', async () => {
    const plain = JSON.parse((await backtest('--data', data, '--json')).stdout) as BacktestResult
    const { exitCode, stdout } = await backtest('--data', data, '--layer', '--json')
    const { layer, ...rest } = JSON.parse(stdout) as BacktestResult
    assert.equal(exitCode, 0)
    assert.deepEqual([plain.layer, rest.logLoss, rest.promotions.length], [null, plain.logLoss, plain.promotions.length])
    assert.ok(layer!.logLoss! < 1.02 * rest.logLoss!, `${layer!.logLoss} against ${rest.logLoss}`)
    assert.equal(layer!.windows.length, rest.windows.length)
    const text = (await backtest('--data', data, '--layer-every', '100')).stdout
    assert.match(text, /\n {2}with layer +0\.\d{4}/)
    assert.match(text, /the layer went by .+ at the end/)
  })
})
