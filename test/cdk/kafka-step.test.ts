import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { Stack } from 'aws-cdk-lib/core'
import { KafkaStep } from '../../cdk/kafka-step.ts'
import { kafkaSteps } from '../../cdk/steps.ts'
import { Stores } from '../../cdk/stores.ts'
import { actionsOf, existingArn, findStep, kafkaNames, list, resourcesOf, synthesize } from './template.ts'

const modes = { created: synthesize({}), existing: synthesize({ clusterArn: existingArn }) }
const template = modes.existing

/** What each step reads and writes, and what else it may call: the design's table, written a second time on purpose. */
const expected = {
  preprocess: {
    reads: ['events', 'labels'],
    writes: ['features', 'rejected'],
    calls: { dynamodb: ['BatchGetItem', 'PutItem', 'Query'] },
  },
  infer: { reads: ['features'], writes: ['predictions', 'rejected'], calls: { s3: ['GetObject', 'ListBucket'] } },
  deliver: { reads: ['predictions'], writes: ['rejected'], calls: { dynamodb: ['BatchWriteItem', 'PutItem'], sns: ['Publish'] } },
  join: {
    reads: ['labels', 'labels-waiting'],
    writes: ['feedback', 'labels-waiting', 'rejected'],
    calls: { dynamodb: ['BatchGetItem', 'GetItem'] },
  },
  archive: { reads: ['events', 'feedback', 'labels', 'predictions'], writes: [], calls: { s3: ['PutObject'] } },
  evaluate: { reads: ['feedback', 'predictions'], writes: [], calls: { dynamodb: ['BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem'] } },
}

const inPipeline = (suffixes: readonly string[]) => suffixes.map(suffix => `flights.${suffix}`)

for (const [step, { reads, writes, calls }] of Object.entries(expected)) {
  describe(`the function ${step}`, () => {
    it('is triggered by its topics, each once', () => {
      const topics = findStep(template, step).mappings.flatMap(mapping => mapping.Topics)
      assert.deepEqual(topics.sort(), inPipeline(reads))
    })
    it('may read and write its topics and no other', () => {
      assert.deepEqual(kafkaNames(template, step, 'ReadData'), inPipeline(reads))
      assert.deepEqual(kafkaNames(template, step, 'WriteData'), inPipeline(writes))
    })
    it('may join its own groups and no other', () => {
      assert.deepEqual(
        kafkaNames(template, step, 'AlterGroup'),
        reads.map(suffix => `flights.${step}.${suffix}`),
      )
    })
    it('may write idempotently only if it writes', () => {
      assert.deepEqual(kafkaNames(template, step, 'WriteDataIdempotently').length, writes.length > 0 ? 1 : 0)
    })
    it('may call on stores what its row says and nothing else', () => {
      for (const service of ['s3', 'dynamodb', 'sns']) {
        const wanted = (calls as Record<string, string[]>)[service] ?? []
        assert.deepEqual(
          actionsOf(template, step, service),
          wanted.map(action => `${service}:${action}`),
        )
      }
    })
  })
}

describe('the grants of every step', () => {
  for (const [mode, each] of Object.entries(modes)) {
    it(`hold no wildcard of an action, ${mode}`, () => {
      for (const step of Object.keys(expected)) {
        for (const statement of findStep(each, step).statements) assert.ok(!list(statement.Action).some(action => action.includes('*')))
      }
    })
    it(`hold the wildcard resource only for network interfaces, ${mode}`, () => {
      for (const step of Object.keys(expected)) {
        const wide = findStep(each, step).statements.filter(statement => list(statement.Resource).includes('*'))
        for (const statement of wide) assert.ok(list(statement.Action).every(action => action.startsWith('ec2:')))
      }
    })
  }
  it('take no managed policy', () => {
    for (const { Properties } of resourcesOf(template, 'AWS::IAM::Role')) assert.equal(Properties.ManagedPolicyArns, undefined)
  })
  it('hold no data action where brokers ask for no sign-in', () => {
    assert.deepEqual(actionsOf(synthesize({ clusterArn: existingArn, kafkaAuth: 'none' }), 'preprocess', 'kafka-cluster'), [])
  })
})

describe('the event source mappings', () => {
  const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties)
  const groups = mappings.map(mapping => (mapping.AmazonManagedKafkaEventSourceConfig as { ConsumerGroupId: string }).ConsumerGroupId)

  it('have one consumer group each, by pipeline, step and topic', () => {
    assert.equal(new Set(groups).size, mappings.length)
    assert.ok(groups.includes('flights.join.labels-waiting'))
  })
  it('start at the oldest record', () => {
    for (const mapping of mappings) assert.equal(mapping.StartingPosition, 'TRIM_HORIZON')
  })
  it('report partial failures, which needs provisioned pollers', () => {
    for (const mapping of mappings) {
      assert.deepEqual(mapping.FunctionResponseTypes, ['ReportBatchItemFailures'])
      assert.deepEqual(mapping.ProvisionedPollerConfig, { MinimumPollers: 1, MaximumPollers: 10, PollerGroupName: 'Millrace-flights' })
    }
  })
  it('pause five seconds between the rounds of an early label', () => {
    const waiting = mappings.find(mapping => list(mapping.Topics).includes('flights.labels-waiting'))
    assert.equal(waiting?.MaximumBatchingWindowInSeconds, 5)
    assert.equal(waiting?.BatchSize, 10_000)
  })
  it('wait for the topics of a created cluster', () => {
    const created = Object.values(modes.created.findResources('AWS::Lambda::EventSourceMapping'))
    for (const mapping of created) assert.ok(mapping.DependsOn.some((id: string) => id.startsWith('ClusterTopicevents')))
  })
})

describe('KafkaStep', () => {
  it('rejects partial failures without provisioned pollers', () => {
    const stack = new Stack()
    const cluster = { arn: existingArn, auth: 'iam' as const, topics: [] }
    const codeOf = () => lambda.Code.fromInline('exports.handler = async () => {}')
    const context = { pipeline: 'flights', cluster, stores: new Stores(stack, 'Stores'), architecture: 'x86_64' as const, codeOf }
    assert.throws(
      () => new KafkaStep(stack, 'Preprocess', kafkaSteps[0], context, { partialFailures: true }),
      /^MillraceError: preprocess reports partial failures, which needs provisioned pollers/,
    )
  })
})
