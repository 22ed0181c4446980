import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import * as s3 from 'aws-cdk-lib/aws-s3'
import * as sns from 'aws-cdk-lib/aws-sns'
import { CfnOutput, Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import type { Settings } from './setting-table.ts'

/** Keys and expiry of each table, by the variable that names it in a function's environment. A new table is a row here. */
const tables = {
  PREDICTIONS_TABLE: { id: 'PredictionsTable', partitionKey: 'id', expiresBy: 'expiresAtSec' },
  COUNTERS_TABLE: { id: 'CountersTable', partitionKey: 'partition', sortKey: { name: 'name', type: 'STRING' }, expiresBy: 'expiresAtSec' },
  STATE_TABLE: { id: 'StateTable', partitionKey: 'log', sortKey: { name: 'number', type: 'NUMBER' }, expiresBy: 'expiresAtSec' },
} as const satisfies Readonly<Record<string, TableRow>>

interface TableRow {
  readonly id: string
  readonly partitionKey: string
  readonly sortKey?: { readonly name: string; readonly type: 'STRING' | 'NUMBER' }
  /** The attribute with the second, since 1970, at which an item is forgotten. */
  readonly expiresBy?: string
}

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
}

const lifecycleDays = { oldVersions: 30, halfUploads: 7, accessLogs: 90, failures: 90, queryResults: 30 }

/** Where Athena puts its answers, in the archive's bucket. */
export const queryResultsPrefix = 'query-results/'

/** Everything that outlives a deployment: archive, models, tables, what was given up, topics for alerts and alarms. */
export class Stores extends Construct {
  readonly byName: Readonly<Record<StoreName, Store>>
  readonly archive: s3.Bucket
  readonly failures: s3.Bucket
  readonly alarms: sns.Topic

  constructor(stack: Stack, id: string, settings: StoreSettings) {
    super(stack, id)
    const { archiveColdAfterDays, archiveKeepDays } = settings
    const accessLogs = this.makeAccessLogs(settings)
    const bucket = (name: string, rules: s3.LifecycleRule[]) => makeBucket(this, name, rules, settings, accessLogs)
    this.archive = bucket('ArchiveBucket', [
      { prefix: queryResultsPrefix, expiration: Duration.days(lifecycleDays.queryResults) },
      {
        transitions: [{ storageClass: s3.StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(archiveColdAfterDays) }],
        ...(archiveKeepDays !== undefined && { expiration: Duration.days(archiveKeepDays) }),
      },
    ])
    const models = bucket('ModelBucket', [])
    this.failures = bucket('FailuresBucket', [{ expiration: Duration.days(lifecycleDays.failures) }])
    const alerts = new sns.Topic(this, 'AlertsTopic', { enforceSSL: true })
    this.alarms = new sns.Topic(this, 'AlarmsTopic', { enforceSSL: true })

    const ofBucket = (from: s3.Bucket): Store => ({ value: from.bucketName, arn: from.bucketArn })
    const ofTopic = (from: sns.Topic): Store => ({ value: from.topicArn, arn: from.topicArn })
    this.byName = {
      ARCHIVE_BUCKET: ofBucket(this.archive),
      MODEL_BUCKET: ofBucket(models),
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
    const { arn } = this.byName[name]
    if (!name.endsWith('_BUCKET')) return [new PolicyStatement({ actions: [...actions], resources: [arn] })]
    const onObjects = actions.filter(action => action !== 's3:ListBucket')
    const objects = prefixes.map(prefix => `${arn}/${prefix}${prefix.endsWith('/') ? '*' : ''}`)
    return [
      ...(onObjects.length > 0 ? [new PolicyStatement({ actions: onObjects, resources: objects })] : []),
      // The whole bucket: with a condition on the prefix, S3 answers 403 for an object that is not there, and 404 is wanted
      ...(onObjects.length < actions.length ? [new PolicyStatement({ actions: ['s3:ListBucket'], resources: [arn] })] : []),
    ]
  }

  private makeAccessLogs(settings: StoreSettings): s3.Bucket {
    const logs = makeBucket(this, 'AccessLogs', [{ expiration: Duration.days(lifecycleDays.accessLogs) }], settings)
    acknowledge(logs, 'S1', 'it holds the access logs of the other buckets; logs of itself would have no end')
    return logs
  }
}

type StoreSettings = Pick<Settings, 'onDestroy' | 'archiveColdAfterDays' | 'archiveKeepDays'>

const toPascal = (name: string) => name.toLowerCase().replace(/(^|_)(\w)/g, (_match, _dash, letter: string) => letter.toUpperCase())

function makeTables(scope: Construct, settings: StoreSettings): Record<keyof typeof tables, Store> {
  const entries = Object.entries(tables).map(([name, row]: [string, TableRow]) => {
    const table = new dynamodb.Table(scope, row.id, {
      partitionKey: { name: row.partitionKey, type: dynamodb.AttributeType.STRING },
      ...(row.sortKey && { sortKey: { name: row.sortKey.name, type: dynamodb.AttributeType[row.sortKey.type] } }),
      ...(row.expiresBy !== undefined && { timeToLiveAttribute: row.expiresBy }),
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: removalOf(settings),
    })
    return [name, { value: table.tableName, arn: table.tableArn }]
  })
  return Object.fromEntries(entries)
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

const removalOf = ({ onDestroy }: StoreSettings) => (onDestroy === 'delete' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN)
