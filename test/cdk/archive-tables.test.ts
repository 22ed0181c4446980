import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { toColumns } from '#functions/archive/columns.ts'
import type { Column } from '#functions/ports.ts'
import { pipeline } from '#models/pipeline.ts'
import { archiveColumns } from '../../cdk/archive-tables.ts'
import { makeRecord } from '../checks/step-checks.ts'
import { existingArn, resourcesOf, synthesize, withInputs } from './template.ts'

const glueTypes: Readonly<Record<Column['type'], string>> = { bytes: 'binary', text: 'string', integer: 'bigint', number: 'double' }

const template = synthesize({ cluster: existingArn })
const tables = resourcesOf(template, 'AWS::Glue::Table').map(({ Properties }) => Properties.TableInput as Record<string, unknown>)

/** What Athena reads of a view. */
function viewOf(name: string): {
  readonly originalSql: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
} {
  const { ViewOriginalText: text } = tables.find(table => table.Name === name)!
  return JSON.parse(Buffer.from(/^\/\* Presto View: (\S+) \*\/$/.exec(String(text))![1], 'base64').toString())
}

describe('archiveColumns', () => {
  for (const topic of ['events', 'labels', 'table', 'stream', 'predictions', 'feedback'] as const) {
    it(`are what archive writes of ${topic}: names, types and order`, () => {
      const written = toColumns(pipeline, [makeRecord({}, { topic: `${pipeline.name}.${topic}` })])
      assert.deepEqual(
        Object.entries(archiveColumns(topic, pipeline.features)),
        written.map(({ name, type }) => [name, glueTypes[type]]),
      )
    })
  }
})

describe('the column of a feature', () => {
  it('is another one where the feature became a category: a table has one type a column, and objects of both', () => {
    const columnsOf = (kind: 'number' | 'category') => Object.entries(archiveColumns('feedback', [{ name: 'size', kind }]))
    const names = new Set(columnsOf('category').map(([name]) => name))
    const changed = columnsOf('number').filter(([name]) => !names.has(name))
    assert.deepEqual(changed, [['feature_size', 'double']])
  })
})

describe('the tables of the archive', () => {
  it('are two a topic and a view over both, in a database named after the stack', () => {
    assert.deepEqual(
      tables.map(table => table.Name).sort(),
      ['events', 'labels', 'predictions', 'feedback'].flatMap(name => [name, `${name}_compacted`, `${name}_small`]).sort(),
    )
    template.hasResourceProperties('AWS::Glue::Database', { DatabaseInput: { Name: 'millrace_flights' } })
  })
  it('are there for inputs too, raw records under names that need no quotes', () => {
    const inputs = [...withInputs.inputs, { name: 'gate-changes', isTable: false }]
    const ofInputs = resourcesOf(synthesize({ cluster: existingArn }, undefined, { ...withInputs, inputs }), 'AWS::Glue::Table').slice(12)
    const rows = ofInputs.map(({ Properties }) => Properties.TableInput as { Name: string; StorageDescriptor: { Columns: unknown[] } })
    assert.deepEqual(
      rows.map(({ Name }) => Name),
      ['gates', 'windreports', 'unused', 'gate_changes'].flatMap(name => [`${name}_small`, `${name}_compacted`, name]),
    )
    for (const { Name, StorageDescriptor } of rows) assert.equal(StorageDescriptor.Columns.length, /_(small|compacted)$/.test(Name) ? 6 : 8)
    assert.match(JSON.stringify(rows[3]), /\/flights\.windReports\/date=/)
  })
  it('find their partitions by the layout of the keys', () => {
    for (const table of tables.filter(({ TableType }) => TableType === 'EXTERNAL_TABLE')) {
      const text = JSON.stringify(table.Parameters)
      const [topic, place] = String(table.Name).split('_')
      assert.match(text, /"projection.enabled":"true"/)
      assert.ok(text.includes(`/${place === 'small' ? '' : 'compacted/'}flights.${topic}/date=\${date}/hour=\${hour}/`), text)
    }
  })
  it('reach back as far as the archive is kept, five years where it is kept for good', () => {
    const rangesOf = (settings: object) => {
      const own = resourcesOf(synthesize({ cluster: existingArn, ...settings }), 'AWS::Glue::Table')
      const inputs = own.map(({ Properties }) => Properties.TableInput as { Parameters: Record<string, string> })
      return [...new Set(inputs.flatMap(({ Parameters }) => Parameters['projection.date.range'] ?? []))]
    }
    assert.deepEqual(rangesOf({}), ['NOW-5YEARS,NOW+1DAYS'])
    assert.deepEqual(rangesOf({ archiveKeepDays: '400' }), ['NOW-401DAYS,NOW+1DAYS'])
  })
  it('are read through a view that keeps one row a partition and offset', async () => {
    const { originalSql, columns } = viewOf('events')
    const instance = await DuckDBInstance.create(':memory:') // its SQL is Athena's, as far as this goes
    const connection = await instance.connect()
    const types: Readonly<Record<string, string>> = { varbinary: 'BLOB' }
    const made = columns.map(({ name, type }) => `"${name}" ${types[type] ?? type}`).join(', ')
    await connection.run('CREATE SCHEMA millrace_flights')
    for (const place of ['small', 'compacted']) await connection.run(`CREATE TABLE millrace_flights.events_${place} (${made})`)
    const insert = (place: string, offset: number) =>
      connection.run(
        `INSERT INTO millrace_flights.events_${place} ("partition", "offset", "date", "hour") VALUES (0, ${offset}, '2026-11-23', 5)`,
      )
    for (const offset of [1, 2, 2]) await insert('small', offset)
    for (const offset of [0, 1]) await insert('compacted', offset)
    const rows = (await connection.runAndReadAll(originalSql)).getRowObjects()
    assert.deepEqual(rows.map(({ offset }) => Number(offset)).sort(), [0, 1, 2])
    assert.deepEqual(
      Object.keys(rows[0]),
      columns.map(({ name }) => name),
    )
  })
})

describe('the setting queries=off', () => {
  it('leaves Glue and Athena out', () => {
    const template = synthesize({ cluster: existingArn, queries: 'off' })
    for (const type of ['AWS::Glue::Database', 'AWS::Glue::Table', 'AWS::Athena::WorkGroup']) template.resourceCountIs(type, 0)
  })
})

describe('the Athena workgroup', () => {
  it('encrypts its answers, and bounds what a query may scan', () => {
    template.hasResourceProperties('AWS::Athena::WorkGroup', {
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 100_000_000_000,
        ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_S3' } },
      },
    })
  })
})
