import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { actionsOf, existingArn, findStep, flights, grantsOf, list, resourcesOf, synthesize, withInputs } from './template.ts'

const modes = {
  provisioned: synthesize({}),
  serverless: synthesize({ cluster: 'serverless' }),
  existing: synthesize({ cluster: existingArn }),
}
const template = modes.existing

/** Payloads of rejections that are too large for their topic. */
const claims = { 's3:PutObject': ['ArchiveBucket/claims/flights.rejected/*'] }

/** What each step reads and writes, and what else it may call: the design's table, written a second time on purpose. */
const expected = {
  preprocess: {
    reads: ['events'],
    writes: ['features', 'rejected'],
    calls: {
      ...Object.fromEntries(
        ['BatchGetItem', 'BatchWriteItem', 'PutItem', 'Query', 'UpdateItem'].map(action => [`dynamodb:${action}`, ['StateTable']]),
      ),
      ...claims,
    },
  },
  infer: {
    reads: ['features'],
    writes: ['predictions', 'rejected'],
    calls: {
      's3:GetObject': ['ModelBucket/bundles/flights/*', 'ModelBucket/champions/flights.json', 'ModelBucket/layers/flights/*'],
      's3:ListBucket': ['ModelBucket'],
      ...claims,
    },
  },
  deliver: {
    reads: ['predictions', 'rejected'],
    writes: ['feedback', 'rejected'],
    calls: {
      'dynamodb:BatchGetItem': ['PredictionsTable', 'WaitingTable'],
      'dynamodb:BatchWriteItem': ['PredictionsTable', 'WaitingTable'],
      'dynamodb:DeleteItem': ['WaitingTable'],
      'sns:Publish': ['AlertsTopic'],
      ...claims,
    },
  },
  join: {
    reads: ['labels'],
    writes: ['feedback', 'rejected'],
    calls: {
      'dynamodb:BatchGetItem': ['PredictionsTable', 'StateTable', 'WaitingTable'],
      'dynamodb:DeleteItem': ['WaitingTable'],
      'dynamodb:PutItem': ['StateTable', 'WaitingTable'],
      'dynamodb:Query': ['StateTable', 'WaitingTable/index/due'],
      ...claims,
    },
  },
  adapt: {
    reads: ['feedback'],
    writes: [],
    calls: {
      'dynamodb:BatchGetItem': ['CountersTable'],
      'dynamodb:PutItem': ['CountersTable'],
      's3:GetObject': ['ModelBucket/layers/flights/*'],
      's3:PutObject': ['ModelBucket/layers/flights/*'],
      's3:ListBucket': ['ModelBucket'],
    },
  },
  archive: {
    reads: ['events', 'feedback', 'labels', 'predictions'],
    writes: [],
    calls: {
      ...Object.fromEntries(['BatchGetItem', 'PutItem'].map(action => [`dynamodb:${action}`, ['CountersTable']])),
      's3:PutObject': ['events', 'feedback', 'labels', 'predictions'].map(topic => `ArchiveBucket/flights.${topic}/*`),
    },
  },
}

/** What every step that Kafka triggers may do, besides its row. */
const shared = {
  'ec2:CreateNetworkInterface': ['*'],
  'ec2:DeleteNetworkInterface': ['*'],
  'ec2:DescribeNetworkInterfaces': ['*'],
  'ec2:DescribeSecurityGroups': ['*'],
  'ec2:DescribeSubnets': ['*'],
  'ec2:DescribeVpcs': ['*'],
  'kafka:DescribeCluster': ['cluster'],
  'kafka:DescribeClusterV2': ['cluster'],
  'kafka:GetBootstrapBrokers': ['cluster'],
  'logs:CreateLogStream': ['Logs'],
  'logs:PutLogEvents': ['Logs'],
  's3:PutObject': ['FailuresBucket/aws/lambda/*'],
  's3:ListBucket': ['FailuresBucket'],
}

function merge(...grants: Readonly<Record<string, readonly string[]>>[]): Record<string, string[]> {
  const actions = [...new Set(grants.flatMap(grant => Object.keys(grant)))].sort()
  return Object.fromEntries(actions.map(action => [action, grants.flatMap(grant => grant[action] ?? []).sort()]))
}

const inPipeline = (suffixes: readonly string[]) => suffixes.map(suffix => `flights.${suffix}`)

for (const [mode, each] of Object.entries(modes)) {
  for (const [step, { reads, writes, calls }] of Object.entries(expected)) {
    describe(`the function ${step}, ${mode} cluster`, () => {
      it('is triggered by its topics, each once', () => {
        assert.deepEqual(
          findStep(each, step)
            .mappings.flatMap(mapping => mapping.Topics)
            .sort(),
          inPipeline(reads),
        )
      })
      it('may do what its row says, on the resources that it names, and nothing else', () => {
        const kafka = {
          'kafka-cluster:Connect': ['cluster'],
          'kafka-cluster:DescribeClusterDynamicConfiguration': ['cluster'],
          ...(writes.length > 0 && {
            'kafka-cluster:WriteDataIdempotently': ['cluster'],
            'kafka-cluster:WriteData': inPipeline(writes).map(name => `topic/${name}`),
          }),
          'kafka-cluster:DescribeTopic': [...inPipeline(reads), ...inPipeline(writes)].map(name => `topic/${name}`),
          'kafka-cluster:ReadData': inPipeline(reads).map(name => `topic/${name}`),
          'kafka-cluster:AlterGroup': reads.map(suffix => `group/flights.${step}.${suffix}`),
          'kafka-cluster:DescribeGroup': reads.map(suffix => `group/flights.${step}.${suffix}`),
        }
        assert.deepEqual(grantsOf(each, step), merge(kafka, calls as Record<string, string[]>, shared))
      })
    })
  }
}

describe('a definition with inputs', () => {
  const joined = synthesize({ cluster: existingArn }, undefined, withInputs)
  const topicsOf = (step: string) =>
    findStep(joined, step)
      .mappings.flatMap(({ Topics }) => Topics as string[])
      .sort()

  it('has preprocess read what windows and joins keep, each in a group of its own, and nothing else', () => {
    const topics = ['flights.events', 'flights.gates', 'flights.windReports']
    assert.deepEqual(topicsOf('preprocess'), topics)
    const groups = findStep(joined, 'preprocess').mappings.map(mapping => mapping.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId)
    const wanted = ['flights.preprocess.events', 'flights.preprocess.gates', 'flights.preprocess.windReports']
    assert.deepEqual(groups.sort(), wanted)
    const grants = grantsOf(joined, 'preprocess')
    assert.deepEqual(
      grants['kafka-cluster:ReadData'],
      topics.map(name => `topic/${name}`),
    )
    assert.deepEqual(
      grants['kafka-cluster:AlterGroup'],
      wanted.map(name => `group/${name}`),
    )
  })
  it('has every input archived, under a prefix of its own', () => {
    const topics = ['events', 'feedback', 'gates', 'labels', 'predictions', 'unused', 'windReports'].map(suffix => `flights.${suffix}`)
    assert.deepEqual(topicsOf('archive'), topics)
    const prefixes = topics.map(topic => `ArchiveBucket/${topic}/*`)
    assert.deepEqual(grantsOf(joined, 'archive')['s3:PutObject'], [...prefixes, 'FailuresBucket/aws/lambda/*'])
  })
  it('leaves the other steps as they are', () => {
    for (const step of ['infer', 'deliver', 'join']) assert.deepEqual(grantsOf(joined, step), grantsOf(template, step))
  })
})

describe('a definition without windows', () => {
  it('has preprocess read events alone', () => {
    const plain = synthesize({ cluster: existingArn }, undefined, { ...flights, windows: undefined })
    assert.deepEqual(
      findStep(plain, 'preprocess').mappings.flatMap(({ Topics }) => Topics),
      ['flights.events'],
    )
  })
})

describe('the grants of every step', () => {
  for (const [mode, each] of Object.entries(modes)) {
    it(`hold no wildcard of an action, ${mode}`, () => {
      for (const step of Object.keys(expected)) {
        for (const statement of findStep(each, step).statements) assert.ok(!list(statement.Action).some(action => action.includes('*')))
      }
    })
    it(`hold the wildcard resource only for network interfaces and traces, ${mode}`, () => {
      for (const step of Object.keys(expected)) {
        const wide = findStep(each, step).statements.filter(statement => list(statement.Resource).includes('*'))
        for (const statement of wide) assert.ok(list(statement.Action).every(action => /^ec2:/.test(action)))
      }
    })
  }
  it('let Lambda make network interfaces, and the code of no function', () => {
    const inVpc = synthesize({})
    for (const step of [...Object.keys(expected), 'collect', 'topics']) {
      const { statements } = findStep(step === 'topics' ? modes.serverless : inVpc, step)
      const byEffect = (effect: string) =>
        statements.filter(({ Effect, Action }) => Effect === effect && list(Action).some(action => action.startsWith('ec2:')))
      const [[allowed], [denied]] = [byEffect('Allow'), byEffect('Deny')]
      assert.deepEqual(denied.Action, allowed.Action)
      assert.deepEqual([denied.Resource, denied.Condition], ['*', { Null: { 'lambda:SourceFunctionArn': 'false' } }])
    }
  })
  it('take no managed policy', () => {
    for (const each of Object.values(modes)) {
      for (const { Properties } of resourcesOf(each, 'AWS::IAM::Role')) assert.equal(Properties.ManagedPolicyArns, undefined)
    }
  })
  it('hold no data action where brokers ask for no sign-in', () => {
    assert.deepEqual(actionsOf(synthesize({ cluster: existingArn, kafkaAuth: 'none' }), 'preprocess', 'kafka-cluster'), [])
  })
})

describe('a function that Kafka triggers', () => {
  it('keeps as much concurrency as it has partitions to read, of inputs too, where it is reserved', () => {
    const reserves = synthesize({ cluster: existingArn, concurrency: 'reserved' }, undefined, withInputs)
    assert.equal(findStep(reserves, 'preprocess').properties.ReservedConcurrentExecutions, 18)
    assert.equal(findStep(reserves, 'infer').properties.ReservedConcurrentExecutions, 6)
  })
  it('writes its log to a group of its own, kept a month', () => {
    const { properties } = findStep(template, 'infer')
    const { LogGroup } = properties.LoggingConfig as { LogGroup: { Ref: string } }
    assert.equal(template.findResources('AWS::Logs::LogGroup')[LogGroup.Ref].Properties.RetentionInDays, 30)
  })
  it('is traced where the setting says so', () => {
    assert.equal(findStep(template, 'infer').properties.TracingConfig, undefined)
    assert.deepEqual(findStep(synthesize({ cluster: existingArn, tracing: 'on' }), 'infer').properties.TracingConfig, { Mode: 'Active' })
  })
  it('runs on the current Node of Lambda', () => {
    for (const { Properties } of resourcesOf(template, 'AWS::Lambda::Function')) assert.equal(Properties.Runtime, 'nodejs24.x')
  })
})
