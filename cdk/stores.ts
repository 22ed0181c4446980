import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import * as s3 from 'aws-cdk-lib/aws-s3'
import * as sns from 'aws-cdk-lib/aws-sns'
import { CfnOutput, RemovalPolicy, type Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'

/** A store by the variable that names it in a function's environment. */
export type StoreName = 'ARCHIVE_BUCKET' | 'MODEL_BUCKET' | 'PREDICTIONS_TABLE' | 'COUNTERS_TABLE' | 'STATE_TABLE' | 'ALERTS_TOPIC_ARN'

/** The value of the variable, and the ARNs that actions on the store are granted for. */
export interface Store {
  readonly value: string
  readonly arns: readonly string[]
}

/** Everything that outlives a deployment: archive, models, predictions, counters, alerts. */
export class Stores extends Construct {
  readonly byName: Readonly<Record<StoreName, Store>>

  constructor(stack: Stack, id: string) {
    super(stack, id)
    const archive = keptBucket(this, 'ArchiveBucket')
    const models = keptBucket(this, 'ModelBucket')
    const predictions = keptTable(this, 'PredictionsTable', {
      partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
      timeToLiveAttribute: 'expiresAtSec',
    })
    const counters = keptTable(this, 'CountersTable', {
      partitionKey: { name: 'partition', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'model', type: dynamodb.AttributeType.STRING },
    })
    const state = keptTable(this, 'StateTable', {
      partitionKey: { name: 'log', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'number', type: dynamodb.AttributeType.NUMBER },
      timeToLiveAttribute: 'expiresAtSec',
    })
    const alerts = new sns.Topic(this, 'AlertsTopic', { enforceSSL: true })

    this.byName = {
      ARCHIVE_BUCKET: { value: archive.bucketName, arns: [archive.bucketArn, archive.arnForObjects('*')] },
      MODEL_BUCKET: { value: models.bucketName, arns: [models.bucketArn, models.arnForObjects('*')] },
      PREDICTIONS_TABLE: { value: predictions.tableName, arns: [predictions.tableArn] },
      COUNTERS_TABLE: { value: counters.tableName, arns: [counters.tableArn] },
      STATE_TABLE: { value: state.tableName, arns: [state.tableArn] },
      ALERTS_TOPIC_ARN: { value: alerts.topicArn, arns: [alerts.topicArn] },
    }
    new CfnOutput(stack, 'ArchiveBucketName', { value: archive.bucketName })
    new CfnOutput(stack, 'ModelBucketName', { value: models.bucketName })
    new CfnOutput(stack, 'PredictionsTableName', { value: predictions.tableName })
    new CfnOutput(stack, 'CountersTableName', { value: counters.tableName })
    new CfnOutput(stack, 'StateTableName', { value: state.tableName })
    new CfnOutput(stack, 'AlertsTopicArn', { value: alerts.topicArn })
  }

  /** The permission to call these actions on one store, and on no other. */
  statement(name: StoreName, actions: readonly string[]): PolicyStatement {
    return new PolicyStatement({ actions: [...actions], resources: [...this.byName[name].arns] })
  }
}

function keptBucket(scope: Construct, id: string): s3.Bucket {
  return new s3.Bucket(scope, id, {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    versioned: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })
}

function keptTable(scope: Construct, id: string, keys: dynamodb.TableProps): dynamodb.Table {
  return new dynamodb.Table(scope, id, {
    ...keys,
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy: RemovalPolicy.RETAIN,
  })
}
