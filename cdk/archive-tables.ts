import * as athena from 'aws-cdk-lib/aws-athena'
import * as glue from 'aws-cdk-lib/aws-glue'
import { Aws, CfnOutput, type Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { featureColumn } from '#models/archive-columns.ts'
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
  layerVersion: 'bigint',
  layerScore: 'double',
  layerTrace: 'binary',
} as const

const label = { target: 'bigint', labelAtMs: 'bigint', labelPartition: 'bigint', labelOffset: 'bigint' } as const

/**
 * The columns of a topic's archive, by name, in the order in which archive writes them (functions/archive/columns.ts).
 *
 * @example archiveColumns('events', []).offset // 'bigint'
 */
export function archiveColumns(kind: TopicKind, features: readonly FeatureColumn[]): Readonly<Record<string, ColumnType>> {
  if (kind !== 'predictions' && kind !== 'feedback') return envelope
  const ofFeatures = features.map(feature => [featureColumn(feature), feature.kind === 'number' ? 'double' : 'string'] as const)
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
      readonly settings: Pick<Settings, 'queryGbAtMost' | 'archiveKeepDays'>
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
      const places = { small: `${topic.name}/`, compacted: `compacted/${topic.name}/` }
      const inputs = Object.entries(places).map(([place, prefix]) => {
        return {
          id: `Table-${topic.suffix}-${place}`,
          tableInput: toTable(topic, features, { place, location: `s3://${bucketName}/${prefix}`, keepDays: settings.archiveKeepDays }),
        }
      })
      for (const { id, tableInput } of [...inputs, { id: `Table-${topic.suffix}`, tableInput: toView(topic, features, name) }]) {
        const table = new glue.CfnTable(this, id, { catalogId: Aws.ACCOUNT_ID, databaseName: name, tableInput })
        table.addResourceDependency(database)
      }
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

/** An input's name may hold what Athena wants quoted. */
const toTableName = (suffix: string) => suffix.toLowerCase().replaceAll('-', '_')

const partitionKeys = [
  { name: 'date', type: 'string' },
  { name: 'hour', type: 'int' },
] as const

/** Types of Athena's engine for those of Glue. */
const athenaTypes = { bigint: 'bigint', double: 'double', string: 'varchar', binary: 'varbinary', int: 'integer' } as const

/**
 * A topic's rows, each once: those of the small objects and of the compacted ones, of which several hold a row until the grace of the step
 * compact is over, or for good where a batch was cut differently when it came again. A record's hour never changes, so a query's date and hour
 * reach the tables below.
 *
 * The form is the one in which Athena itself keeps a view.
 *
 * @see https://github.com/trinodb/trino/blob/master/plugin/trino-hive/src/main/java/io/trino/plugin/hive/ViewReaderUtil.java
 */
function toView({ suffix, kind }: PipelineTopic, features: readonly FeatureColumn[], schema: string): glue.CfnTable.TableInputProperty {
  const columns = Object.entries(archiveColumns(kind, features)).map(([name, type]) => ({ name: name.toLowerCase(), type }))
  const names = [...columns, ...partitionKeys].map(({ name }) => `"${name}"`).join(', ')
  const from = ['compacted', 'small'].map(place => `SELECT ${names} FROM "${schema}"."${toTableName(suffix)}_${place}"`)
  const nth = 'row_number() OVER (PARTITION BY "date", "hour", "partition", "offset")'
  const definition = {
    originalSql: `SELECT ${names} FROM (SELECT *, ${nth} AS nth FROM (${from.join(' UNION ALL ')})) WHERE nth = 1`,
    catalog: 'awsdatacatalog',
    schema,
    columns: [...columns, ...partitionKeys].map(({ name, type }) => ({ name, type: athenaTypes[type] })),
  }
  return {
    name: toTableName(suffix),
    tableType: 'VIRTUAL_VIEW',
    viewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(definition)).toString('base64')} */`,
    viewExpandedText: '/* Presto View */',
    parameters: { presto_view: 'true', comment: 'Presto View' },
    storageDescriptor: { columns: [...columns, ...partitionKeys], location: '', serdeInfo: {} },
  }
}

function toTable(
  { suffix, kind }: PipelineTopic,
  features: readonly FeatureColumn[],
  { place, location, keepDays }: { readonly place: string; readonly location: string; readonly keepDays: number | undefined },
): glue.CfnTable.TableInputProperty {
  const columns = Object.entries(archiveColumns(kind, features))
  return {
    name: `${toTableName(suffix)}_${place}`,
    tableType: 'EXTERNAL_TABLE',
    // Glue keeps names in lower case and Athena finds a Parquet column whatever its case
    storageDescriptor: {
      columns: columns.map(([name, type]) => ({ name: name.toLowerCase(), type })),
      location,
      inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
      outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
    },
    partitionKeys: [...partitionKeys],
    parameters: {
      classification: 'parquet',
      'projection.enabled': 'true',
      'projection.date.type': 'date',
      'projection.date.format': 'yyyy-MM-dd',
      // a query without a date looks at each hour of it: 24 listings a day and table
      'projection.date.range': `${keepDays === undefined ? 'NOW-5YEARS' : `NOW-${keepDays + 1}DAYS`},NOW+1DAYS`,
      'projection.hour.type': 'integer',
      'projection.hour.range': '0,23',
      'projection.hour.digits': '2',
      'storage.location.template': `${location}date=\${date}/hour=\${hour}/`,
    },
  }
}
