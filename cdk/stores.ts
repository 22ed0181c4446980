import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import * as s3 from 'aws-cdk-lib/aws-s3'
import * as sns from 'aws-cdk-lib/aws-sns'
import { CfnOutput, type CustomResourceProviderBase, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import { S3_SERVER_ACCESS_LOGS_USE_BUCKET_POLICY } from 'aws-cdk-lib/cx-api'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import type { Settings } from './setting-table.ts'
import { topicSettings } from './topics.ts'

/** Keys and expiry of each table, by the variable that names it in a function's environment. A new table is a row here. */
const tables = {
  PREDICTIONS_TABLE: {
    id: 'PredictionsTable',
    partitionKey: 'id',
    expiresBy: 'expiresAtSec',
    follows: 'predictions',
    madeAgainFrom:
      'its rows lie in topic predictions for seven days, and in the archive; a backup of every write would double what they cost',
  },
  COUNTERS_TABLE: { id: 'CountersTable', partitionKey: 'partition', sortKey: { name: 'name', type: 'STRING' }, expiresBy: 'expiresAtSec' },
  STATE_TABLE: { id: 'StateTable', partitionKey: 'log', sortKey: { name: 'number', type: 'NUMBER' }, expiresBy: 'expiresAtSec' },
  WAITING_TABLE: {
    id: 'WaitingTable',
    partitionKey: 'key',
    expiresBy: 'expiresAtSec',
    index: { name: 'due', partitionKey: 'waitsIn', sortKey: 'dueAtMs' },
  },
} as const satisfies Readonly<Record<string, TableRow>>

interface TableRow {
  readonly id: string
  readonly partitionKey: string
  readonly sortKey?: { readonly name: string; readonly type: 'STRING' | 'NUMBER' }
  /** The attribute with the second, since 1970, at which an item is forgotten. */
  readonly expiresBy?: string
  /** It has a write and a read a record of this topic: the setting `tables` says how its capacity is paid. */
  readonly follows?: 'predictions'
  /** Why there are no backups of it: what it can be made again from. */
  readonly madeAgainFrom?: string
  /** A view of the items that have both attributes, by these keys and no more: a text and a number. */
  readonly index?: { readonly name: string; readonly partitionKey: string; readonly sortKey: string }
}

/** What is done to an index. */
const indexAction = 'dynamodb:Query'

/** A store by the variable that names it in a function's environment. */
export type StoreName =
  | 'ARCHIVE_BUCKET'
  | 'MODEL_BUCKET'
  | 'FAILURES_BUCKET'
  | 'ALERTS_TOPIC_ARN'
  | 'ALARMS_TOPIC_ARN'
  | keyof typeof tables

/** The value of the variable, and the ARN that actions on the store are granted for. */
export interface Store {
  readonly value: string
  readonly arn: string
  /** Of a table's index, where it has one: queries go there. */
  readonly indexArn?: string
}

/** A rejection's payload outlives it: Kafka may keep a record for a segment, some days, beyond the retention. */
const claimDays = topicSettings.rejected.retentionMs / 86_400_000 + 16
const lifecycleDays = {
  oldVersions: 30,
  halfUploads: 7,
  accessLogs: 90,
  failures: 90,
  queryResults: 30,
  claims: claimDays,
  training: 45,
  engine: 30,
  oldLayers: 1,
  layerSnapshots: 90,
}

/** Where Athena puts its answers, in the archive's bucket. */
export const queryResultsPrefix = 'query-results/'

/** Where payloads lie that are too large for their topic, in the archive's bucket; `functions/claims.ts` puts them there. */
const claimsPrefix = 'claims/'

/** Where retrain keeps rows that it prepared, in the archive's bucket: what ends too early is prepared again. */
const trainingPrefix = 'training/'

/** What passes between retrain and an engine outside of it, in the bucket of models; functions/retrain/engine/run.ts puts it there. */
export const enginePrefix = 'engine/'

/** The online layer's state and its snapshots, in the bucket of models: functions/layer/store.ts puts them there. */
const layersPrefix = 'layers/'

/** Everything that outlives a deployment: archive, models, tables, what was given up, topics for alerts and alarms. */
export class Stores extends Construct {
  readonly byName: Readonly<Record<StoreName, Store>>
  readonly archive: s3.Bucket
  private readonly models: s3.Bucket
  readonly failures: s3.Bucket
  readonly alarms: sns.Topic

  constructor(stack: Stack, id: string, settings: StoreSettings & { readonly pipeline: string }) {
    super(stack, id)
    this.node.setContext(S3_SERVER_ACCESS_LOGS_USE_BUCKET_POLICY, true) // S3 writes access logs by a policy, not by an ACL
    const { archiveColdAfterDays, archiveKeepDays, pipeline } = settings
    const accessLogs = this.makeAccessLogs(settings)
    const bucket = (name: string, rules: s3.LifecycleRule[]) => makeBucket(this, name, rules, settings, accessLogs)
    this.archive = bucket('ArchiveBucket', [
      { prefix: queryResultsPrefix, expiration: Duration.days(lifecycleDays.queryResults) },
      { prefix: claimsPrefix, expiration: Duration.days(lifecycleDays.claims) },
      { prefix: trainingPrefix, expiration: Duration.days(lifecycleDays.training) },
      // Of two rules for an object S3 takes the shorter: the archive's own must not end claims. What compact removes is a version that is no
      // longer current, which the rule of all buckets ends after 30 days; until then it can be restored
      ...[`${pipeline}.`, `compacted/${pipeline}.`].map(prefix => ({
        prefix,
        // S3 refuses a rule that deletes an object before it moves
        ...((archiveKeepDays === undefined || archiveColdAfterDays < archiveKeepDays) && {
          transitions: [{ storageClass: s3.StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(archiveColdAfterDays) }],
        }),
        ...(archiveKeepDays !== undefined && { expiration: Duration.days(archiveKeepDays) }),
      })),
      { expiredObjectDeleteMarker: true }, // a listing passes over each marker that is left where an object was
    ])
    this.models = bucket('ModelBucket', [
      { prefix: enginePrefix, expiration: Duration.days(lifecycleDays.engine) },
      // The layer's state is written up to once a second, and each time leaves a version
      { prefix: layersPrefix, noncurrentVersionExpiration: Duration.days(lifecycleDays.oldLayers) },
      { prefix: `${layersPrefix}${pipeline}/snapshots/`, expiration: Duration.days(lifecycleDays.layerSnapshots) },
    ])
    this.failures = bucket('FailuresBucket', [{ expiration: Duration.days(lifecycleDays.failures) }])
    const alerts = new sns.Topic(this, 'AlertsTopic', { enforceSSL: true })
    this.alarms = new sns.Topic(this, 'AlarmsTopic', { enforceSSL: true })

    const ofBucket = (from: s3.Bucket): Store => ({ value: from.bucketName, arn: from.bucketArn })
    const ofTopic = (from: sns.Topic): Store => ({ value: from.topicArn, arn: from.topicArn })
    this.byName = {
      ARCHIVE_BUCKET: ofBucket(this.archive),
      MODEL_BUCKET: ofBucket(this.models),
      FAILURES_BUCKET: ofBucket(this.failures),
      ALERTS_TOPIC_ARN: ofTopic(alerts),
      ALARMS_TOPIC_ARN: ofTopic(this.alarms),
      ...makeTables(this, settings),
    }
    for (const [name, { value }] of Object.entries(this.byName)) {
      new CfnOutput(stack, toPascal(name.endsWith('_ARN') ? name : `${name}_NAME`), { value })
    }
  }

  /** Permissions to call these actions on one store and on no other; objects of a bucket only under the given prefixes. */
  statements(name: StoreName, actions: readonly string[], prefixes: readonly string[]): PolicyStatement[] {
    const { arn, indexArn } = this.byName[name]
    if (!name.endsWith('_BUCKET')) {
      const onTable = indexArn === undefined ? actions : actions.filter(action => action !== indexAction)
      return [
        new PolicyStatement({ actions: [...onTable], resources: [arn] }),
        ...(onTable.length < actions.length ? [new PolicyStatement({ actions: [indexAction], resources: [indexArn!] })] : []),
      ]
    }
    const onObjects = actions.filter(action => action !== 's3:ListBucket')
    const objects = prefixes.map(prefix => `${arn}/${prefix}${prefix.endsWith('/') ? '*' : ''}`)
    return [
      ...(onObjects.length > 0 ? [new PolicyStatement({ actions: onObjects, resources: objects })] : []),
      // The whole bucket: with a condition on the prefix, S3 answers 403 for an object that is not there, and 404 is wanted
      ...(onObjects.length < actions.length ? [new PolicyStatement({ actions: ['s3:ListBucket'], resources: [arn] })] : []),
    ]
  }

  /**
   * Shuts the bucket of models to all but these roles, whatever else the account allows them: who could write there would choose the model
   * that decides. A bundle is written once even by them: what is not a first write is refused by the bucket.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
   */
  lockModels(writerArns: readonly string[]): void {
    const everybody = { effect: Effect.DENY, principals: [new AnyPrincipal()] }
    const bundleFiles = ['model.onnx', 'manifest.json'].map(file => this.models.arnForObjects(`bundles/*/${file}`))
    this.models.addToResourcePolicy(
      new PolicyStatement({
        sid: 'WritersAlone',
        ...everybody,
        notActions: ['s3:Get*', 's3:List*'], // whatever way of writing S3 has, or will have
        resources: [this.models.arnForObjects('*')],
        conditions: { ArnNotLike: { 'aws:PrincipalArn': [...writerArns, ...this.emptierArns()] } },
      }),
    )
    this.models.addToResourcePolicy(
      new PolicyStatement({
        sid: 'BundlesOnce',
        ...everybody,
        actions: ['s3:PutObject'],
        resources: bundleFiles,
        conditions: { Null: { 's3:if-none-match': 'true' } },
      }),
    )
  }

  /** The role of the CDK's function that empties buckets, where the stack has it: with onDestroy=delete. */
  private emptierArns(): string[] {
    const provider = Stack.of(this).node.tryFindChild('Custom::S3AutoDeleteObjectsCustomResourceProvider')
    return provider ? [(provider as CustomResourceProviderBase).roleArn] : []
  }

  private makeAccessLogs(settings: StoreSettings): s3.Bucket {
    const logs = makeBucket(this, 'AccessLogs', [{ expiration: Duration.days(lifecycleDays.accessLogs) }], settings)
    acknowledge(logs, 'S1', 'it holds the access logs of the other buckets; logs of itself would have no end')
    return logs
  }
}

type StoreSettings = Pick<Settings, 'onDestroy' | 'archiveColdAfterDays' | 'archiveKeepDays' | 'tables'>

const toPascal = (name: string) => name.toLowerCase().replace(/(^|_)(\w)/g, (_match, _dash, letter: string) => letter.toUpperCase())

function makeTables(scope: Construct, settings: StoreSettings): Record<keyof typeof tables, Store> {
  const entries = Object.entries(tables).map(([name, row]: [string, TableRow]) => {
    const isProvisioned = row.follows !== undefined && settings.tables === 'provisioned'
    const table = new dynamodb.Table(scope, row.id, {
      partitionKey: { name: row.partitionKey, type: dynamodb.AttributeType.STRING },
      ...(row.sortKey && { sortKey: { name: row.sortKey.name, type: dynamodb.AttributeType[row.sortKey.type] } }),
      ...(row.expiresBy !== undefined && { timeToLiveAttribute: row.expiresBy }),
      ...(isProvisioned ? leastCapacity : { billingMode: dynamodb.BillingMode.PAY_PER_REQUEST }),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: row.madeAgainFrom === undefined },
      removalPolicy: removalOf(settings),
    })
    if (row.madeAgainFrom !== undefined) acknowledge(table, 'DDB3', row.madeAgainFrom)
    if (isProvisioned) followLoad(table)
    if (row.index) {
      table.addGlobalSecondaryIndex({
        indexName: row.index.name,
        partitionKey: { name: row.index.partitionKey, type: dynamodb.AttributeType.STRING },
        sortKey: { name: row.index.sortKey, type: dynamodb.AttributeType.NUMBER },
        projectionType: dynamodb.ProjectionType.KEYS_ONLY,
      })
    }
    const indexArn = row.index && `${table.tableArn}/index/${row.index.name}`
    return [name, { value: table.tableName, arn: table.tableArn, ...(indexArn === undefined ? {} : { indexArn }) }]
  })
  return Object.fromEntries(entries)
}

/** What a provisioned table begins with, and never falls below; the most is DynamoDB's own default quota. */
const leastCapacity = { billingMode: dynamodb.BillingMode.PROVISIONED, writeCapacity: 50, readCapacity: 50 }
const unitsAtMost = 40_000
/** The share of provisioned capacity that is used, which DynamoDB's scaling holds: what is above it meets a peak of some minutes. */
export const utilizationPercent = 70

function followLoad(table: dynamodb.Table): void {
  const limits = { minCapacity: leastCapacity.writeCapacity, maxCapacity: unitsAtMost }
  table.autoScaleWriteCapacity(limits).scaleOnUtilization({ targetUtilizationPercent: utilizationPercent })
  table.autoScaleReadCapacity(limits).scaleOnUtilization({ targetUtilizationPercent: utilizationPercent })
}

function makeBucket(scope: Construct, id: string, rules: s3.LifecycleRule[], settings: StoreSettings, accessLogs?: s3.Bucket): s3.Bucket {
  return new s3.Bucket(scope, id, {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    versioned: true,
    lifecycleRules: [
      ...rules,
      {
        noncurrentVersionExpiration: Duration.days(lifecycleDays.oldVersions),
        abortIncompleteMultipartUploadAfter: Duration.days(lifecycleDays.halfUploads),
      },
    ],
    removalPolicy: removalOf(settings),
    autoDeleteObjects: settings.onDestroy === 'delete',
    ...(accessLogs && { serverAccessLogsBucket: accessLogs as s3.IBucket, serverAccessLogsPrefix: `${id}/` }),
  })
}

/** What is kept is kept once it has been of use: a deployment that fails takes away what it has just made, and leaves nothing to pay for. */
const removalOf = ({ onDestroy }: StoreSettings) =>
  onDestroy === 'delete' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
