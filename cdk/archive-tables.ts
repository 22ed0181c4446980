import * as athena from 'aws-cdk-lib/aws-athena'
import * as glue from 'aws-cdk-lib/aws-glue'
import { Aws, CfnOutput, type Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { isArchived, type PipelineTopic, type TopicKind } from '#models/topics.ts'
import type { Settings } from './setting-table.ts'
import { queryResultsPrefix, type Stores } from './stores.ts'

/** A feature of the definition: a number or a text. */
export interface FeatureColumn {
  readonly name: string
  readonly kind: 'number' | 'category'
}

/** Types of Glue for what the archive writes: 64-bit integers, doubles, texts, and bytes as they came. */
type ColumnType = 'bigint' | 'double' | 'string' | 'binary'

const envelope = {
  partition: 'bigint',
  offset: 'bigint',
  recordedAtMs: 'bigint',
  key: 'binary',
  value: 'binary',
  headers: 'string',
} as const

const prediction = {
  id: 'string',
  atMs: 'bigint',
  score: 'double',
  decision: 'string',
  model: 'string',
  arm: 'string',
  shadows: 'string',
  definition: 'string',
  scoredAtMs: 'bigint',
  sourceTopic: 'string',
  sourcePartition: 'bigint',
  sourceOffset: 'bigint',
} as const

const label = { target: 'bigint', labelAtMs: 'bigint', labelPartition: 'bigint', labelOffset: 'bigint' } as const

/**
 * The columns of a topic's archive, by name, in the order in which archive writes them (functions/archive/columns.ts).
 *
 * @example archiveColumns('events', []).offset // 'bigint'
 */
export function archiveColumns(kind: TopicKind, features: readonly FeatureColumn[]): Readonly<Record<string, ColumnType>> {
  if (kind !== 'predictions' && kind !== 'feedback') return envelope
  const ofFeatures = features.map(({ name, kind }) => [`feature_${name}`, kind === 'number' ? 'double' : 'string'] as const)
  return { ...envelope, ...prediction, ...Object.fromEntries(ofFeatures), ...(kind === 'feedback' ? label : {}) }
}

/**
 * The archive as tables that Athena can query from the first day.
 *
 * Nothing crawls and nothing registers partitions: the layout of the keys, a date and an hour, says where they are.
 *
 * @see https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
 */
export class ArchiveTables extends Construct {
  constructor(
    stack: Stack,
    id: string,
    props: {
      readonly pipeline: string
      readonly topics: readonly PipelineTopic[]
      readonly features: readonly FeatureColumn[]
      readonly stores: Stores
      readonly settings: Pick<Settings, 'queryGbAtMost'>
    },
  ) {
    super(stack, id)
    const { pipeline, topics, features, stores, settings } = props
    const { bucketName } = stores.archive
    const name = stack.stackName.toLowerCase().replaceAll('-', '_') // Athena takes letters, digits and underscores
    const database = new glue.CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: { name, description: `Millrace pipeline ${pipeline}: its archive` },
    })
    for (const topic of topics.filter(isArchived)) {
      const table = new glue.CfnTable(this, `Table-${topic.suffix}`, {
        catalogId: Aws.ACCOUNT_ID,
        databaseName: name,
        tableInput: toTable(topic, features, `s3://${bucketName}/${topic.name}/`),
      })
      table.addResourceDependency(database)
    }
    new athena.CfnWorkGroup(this, 'WorkGroup', {
      name: stack.stackName,
      description: `Millrace pipeline ${pipeline}`,
      recursiveDeleteOption: true, // it holds the history of queries, no data
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        bytesScannedCutoffPerQuery: settings.queryGbAtMost * 1_000_000_000,
        resultConfiguration: {
          outputLocation: `s3://${bucketName}/${queryResultsPrefix}`,
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    })
    new CfnOutput(stack, 'ArchiveDatabase', { value: name })
  }
}

function toTable({ suffix, kind }: PipelineTopic, features: readonly FeatureColumn[], location: string): glue.CfnTable.TableInputProperty {
  const columns = Object.entries(archiveColumns(kind, features))
  return {
    name: suffix.toLowerCase().replaceAll('-', '_'), // an input's name may hold what Athena wants quoted
    tableType: 'EXTERNAL_TABLE',
    // Glue keeps names in lower case and Athena finds a Parquet column whatever its case
    storageDescriptor: {
      columns: columns.map(([name, type]) => ({ name: name.toLowerCase(), type })),
      location,
      inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
      outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
    },
    partitionKeys: [
      { name: 'date', type: 'string' },
      { name: 'hour', type: 'int' },
    ],
    parameters: {
      classification: 'parquet',
      'projection.enabled': 'true',
      'projection.date.type': 'date',
      'projection.date.format': 'yyyy-MM-dd',
      'projection.date.range': 'NOW-5YEARS,NOW+1DAYS', // a query without a date looks at each of them
      'projection.hour.type': 'integer',
      'projection.hour.range': '0,23',
      'projection.hour.digits': '2',
      'storage.location.template': `${location}date=\${date}/hour=\${hour}/`,
    },
  }
}
