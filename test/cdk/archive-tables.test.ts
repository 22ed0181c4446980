import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toColumns } from '#functions/archive/columns.ts'
import type { Column } from '#functions/ports.ts'
import { pipeline } from '#models/pipeline.ts'
import { archiveColumns } from '../../cdk/archive-tables.ts'
import { makeRecord } from '../checks/step-checks.ts'
import { existingArn, resourcesOf, synthesize, withInputs } from './template.ts'

const glueTypes: Readonly<Record<Column['type'], string>> = { bytes: 'binary', text: 'string', integer: 'bigint', number: 'double' }

const template = synthesize({ cluster: existingArn })
const tables = resourcesOf(template, 'AWS::Glue::Table').map(({ Properties }) => Properties.TableInput as Record<string, unknown>)

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

describe('the tables of the archive', () => {
  it('are one a topic, in a database named after the stack', () => {
    assert.deepEqual(
      tables.map(table => table.Name),
      ['events', 'labels', 'predictions', 'feedback'],
    )
    template.hasResourceProperties('AWS::Glue::Database', { DatabaseInput: { Name: 'millrace_flights' } })
  })
  it('are there for inputs too, raw records under names that need no quotes', () => {
    const inputs = [...withInputs.inputs, { name: 'gate-changes', isTable: false }]
    const ofInputs = resourcesOf(synthesize({ cluster: existingArn }, undefined, { ...withInputs, inputs }), 'AWS::Glue::Table').slice(4)
    const rows = ofInputs.map(({ Properties }) => Properties.TableInput as { Name: string; StorageDescriptor: { Columns: unknown[] } })
    assert.deepEqual(
      rows.map(({ Name }) => Name),
      ['gates', 'windreports', 'unused', 'gate_changes'],
    )
    for (const { StorageDescriptor } of rows) assert.equal(StorageDescriptor.Columns.length, 6)
    assert.match(JSON.stringify(rows[1]), /\/flights\.windReports\/date=/)
  })
  it('find their partitions by the layout of the keys', () => {
    for (const table of tables) {
      const text = JSON.stringify(table.Parameters)
      assert.match(text, /"projection.enabled":"true"/)
      assert.ok(text.includes(`/flights.${table.Name}/date=\${date}/hour=\${hour}/`), text)
    }
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
