import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { openRows } from '../../cli/read-rows.ts'
import { collect } from '../collect.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-rows-'))
after(() => rmSync(folder, { recursive: true }))

async function rowsOf(name: string, content: string | Uint8Array, textColumns: readonly string[] = []) {
  const file = join(folder, name)
  writeFileSync(file, content)
  return collect((await openRows(file, { textColumns })).rows)
}
const jsonOf = async (...args: Parameters<typeof rowsOf>) => (await rowsOf(...args)).map(({ json }) => json)

describe('openRows on CSV', () => {
  it('makes an object of each row by the header, with the line it stands on', async () => {
    const rows = await rowsOf('a.csv', 'id,name\r\na1,"x, y"\r\n\r\na2,"two\nlines"\r\n')
    assert.deepEqual(
      rows.map(({ at, json }) => [at, json]),
      [
        ['line 2', '{"id":"a1","name":"x, y"}'],
        ['line 5', '{"id":"a2","name":"two\\nlines"}'],
      ],
    )
  })
  it('reads what JSON would read as a number as one, and nothing else', async () => {
    const cells = ['1', '-2.50', '1e3', '007', '+1', '1e400', '9007199254740993', '0x10', 'true', '', ' ']
    const rows = await rowsOf('a.csv', `n,z\n${cells.map(cell => `${cell},0`).join('\n')}\n`)
    assert.deepEqual(
      rows.map(({ fields }) => (fields as { n: unknown }).n),
      [1, -2.5, 1000, '007', '+1', '1e400', '9007199254740993', '0x10', 'true', null, ' '],
    )
  })
  it('keeps quoted cells and the columns it is told to as text', async () => {
    assert.deepEqual(await jsonOf('a.csv', 'id,n,code\n1,"2",3\n,"",\n', ['code']), [
      '{"id":1,"n":"2","code":"3"}',
      '{"id":null,"n":"","code":""}',
    ])
  })
  it('reads a byte order mark as none', async () => {
    assert.deepEqual(await jsonOf('a.csv', '\ufeffid\n1\n'), ['{"id":1}'])
  })
  it('gives no rows for a file with a header only, or with nothing', async () => {
    assert.deepEqual([await jsonOf('a.csv', 'id\n'), await jsonOf('a.csv', '')], [[], []])
  })
  it('rejects a row of another width, with its line', async () => {
    await assert.rejects(rowsOf('a.csv', 'a,b\n1,2\n1,2,3\n'), /a\.csv line 3: .*columns length is 2, got 3/)
  })
  it('rejects a quote that is not closed', async () => {
    await assert.rejects(rowsOf('a.csv', 'a,b\n1,"2\n'), /a\.csv line \d: Quote Not Closed/)
  })
  it('rejects text that is not UTF-8, with its line', async () => {
    await assert.rejects(rowsOf('a.csv', Buffer.from('a\nx\nMÜC\n', 'latin1')), /a\.csv line 3: the text is not UTF-8/)
  })
  it('rejects a header that names a column twice', async () => {
    await assert.rejects(rowsOf('a.csv', 'a,a\n1,2\n'), /line 1: the header names the column 'a' twice/)
  })
  it('rejects a text column that is not there, naming those that are', async () => {
    await assert.rejects(rowsOf('a.csv', 'a,b\n1,2\n', ['c']), /no column 'c' to keep as text, only a, b/)
  })
})

describe('openRows on NDJSON', () => {
  it('gives each line as it stands, blank ones left out', async () => {
    const rows = await rowsOf('a.ndjson', '{"a": 1.0}\r\n\n[9007199254740993]\n"x"')
    assert.deepEqual(
      rows.map(({ at, json }) => [at, json]),
      [
        ['line 1', '{"a": 1.0}'],
        ['line 3', '[9007199254740993]'],
        ['line 4', '"x"'],
      ],
    )
  })
  it('keeps whole numbers that would lose digits as texts in the fields, nested ones too', async () => {
    const [{ fields, json }] = await rowsOf(
      'a.ndjson',
      '{"id": 1430000000000000001, "list": [-9007199254740993], "n": 1.5e300, "m": 7, "x": 1234567890123456.5}',
    )
    assert.deepEqual(fields, { id: '1430000000000000001', list: ['-9007199254740993'], n: 1.5e300, m: 7, x: 1234567890123456.5 })
    assert.match(json, /^\{"id": 1430000000000000001,/)
  })
  it('reads lines that are longer than what is read from the file at once', async () => {
    const long = JSON.stringify({ text: 'x'.repeat(700_000) })
    assert.deepEqual(await jsonOf('a.jsonl', `${long}\n{"a":1}\n${long}\n`), [long, '{"a":1}', long])
  })
  it('gives the rows ahead of a line that is not JSON, then rejects it with its number', async () => {
    writeFileSync(join(folder, 'b.ndjson'), '{"a":1}\n{"a":\n')
    const { rows } = await openRows(join(folder, 'b.ndjson'), { textColumns: [] })
    const iterator = rows[Symbol.asyncIterator]()
    assert.equal((await iterator.next()).value.json, '{"a":1}')
    await assert.rejects(iterator.next(), /b\.ndjson line 2 is not JSON in UTF-8/)
  })
  it('rejects a line that is not UTF-8', async () => {
    await assert.rejects(rowsOf('a.ndjson', Buffer.from('"MÜC"', 'latin1')), /line 1 is not JSON in UTF-8/)
  })
  it('rejects a line without end before it fills the memory', async () => {
    await assert.rejects(rowsOf('a.ndjson', `{"a":1}\n${'x'.repeat(9_000_000)}`), /line 2 is longer than 8388608 bytes/)
  })
})

describe('openRows on Parquet', () => {
  const written = (columnData: Parameters<typeof parquetWriteBuffer>[0]['columnData'], rowGroupSize = 2) =>
    new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize }))

  it('gives every row of every row group in order', async () => {
    const file = written([
      { name: 'id', data: ['a', 'b', 'c', 'd', 'e'] },
      { name: 'n', data: [1.5, 2, 3, null, 5], type: 'DOUBLE' },
    ])
    const rows = await rowsOf('a.parquet', file)
    assert.deepEqual(rows.map(({ at, json }) => [at, json]).slice(2, 4), [
      ['row 3', '{"id":"c","n":3}'],
      ['row 4', '{"id":"d","n":null}'],
    ])
    assert.equal(rows.length, 5)
  })
  it('gives 64-bit integers as numbers, or as text where a number would lose digits', async () => {
    const file = written([{ name: 'n', data: [7n, 9_007_199_254_740_993n], type: 'INT64' }])
    assert.deepEqual(await jsonOf('a.parquet', file), ['{"n":7}', '{"n":"9007199254740993"}'])
  })
  it('gives decimals as the numbers that they read as', async () => {
    const unscaled = [130_187n, 7n, -435n, 1_999n, null, 123_456_789_012_345n]
    const element = { converted_type: 'DECIMAL', scale: 2, precision: 18, repetition_type: 'OPTIONAL' } as const
    const schema = [{ name: 'root', num_children: 1 }, { name: 'amount', type: 'INT64', ...element } as const]
    const file = new Uint8Array(parquetWriteBuffer({ schema, columnData: [{ name: 'amount', data: unscaled }] }))
    const numbers = ['1301.87', '0.07', '-4.35', '19.99', 'null', '1234567890123.45']
    assert.deepEqual(
      await jsonOf('a.parquet', file),
      numbers.map(number => `{"amount":${number}}`),
    )
  })
  it('gives clock times as epoch milliseconds', async () => {
    const file = written([{ name: 'atMs', data: [new Date(978_307_260_000)], type: 'TIMESTAMP' }])
    assert.deepEqual(await jsonOf('a.parquet', file), ['{"atMs":978307260000}'])
  })
  it('gives what is nested with its own 64-bit integers as numbers', async () => {
    const file = written([{ name: 'nested', data: [{ list: [1, 'two'] }], type: 'JSON' }])
    assert.deepEqual(await jsonOf('a.parquet', file), ['{"nested":{"list":[1,"two"]}}'])
  })
  it('keeps columns whose names every object has, as the other formats do', async () => {
    const names = ['__proto__', 'constructor', 'toString']
    const wanted = ['{"__proto__":1,"constructor":1,"toString":1}']
    assert.deepEqual(await jsonOf('a.parquet', written(names.map(name => ({ name, data: [1], type: 'INT32' })))), wanted)
    assert.deepEqual(await jsonOf('a.csv', `${names.join()}\n1,1,1\n`), wanted)
    assert.deepEqual(await jsonOf('a.ndjson', `${wanted[0]}\n`), wanted)
  })
  it('rejects what is not Parquet', async () => {
    await assert.rejects(rowsOf('a.parquet', 'hello, world'), /a\.parquet is not Parquet that can be read/)
  })
})

describe('openRows', () => {
  it('tells how much of the file has been read', async () => {
    writeFileSync(join(folder, 'c.csv'), 'a\n1\n')
    const source = await openRows(join(folder, 'c.csv'), { textColumns: [] })
    const before = source.readRatio()
    await collect(source.rows)
    assert.deepEqual([before, source.readRatio()], [0, 1])
  })
  it('rejects an extension it does not know, naming those it does', async () => {
    await assert.rejects(openRows('rows.xlsx', { textColumns: [] }), /must end in \.csv, \.ndjson, \.jsonl, \.parquet, got 'rows\.xlsx'/)
  })
  it('rejects a file that is not there, and a folder', async () => {
    await assert.rejects(openRows(join(folder, 'none.csv'), { textColumns: [] }), /--file cannot be read: ENOENT/)
    mkdirSync(join(folder, 'folder.csv'))
    await assert.rejects(openRows(join(folder, 'folder.csv'), { textColumns: [] }), /--file must be a file/)
  })
})
