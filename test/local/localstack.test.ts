import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  paginateListStackResources,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation'
import { CreateEventSourceMappingCommand, EventSourcePosition, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { ConfirmSubscriptionCommand, CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { s3Store } from '#functions/adapters/s3.ts'
import { snsNotify } from '#functions/adapters/sns.ts'
import { toClientEnvironment } from '../../localstack/aws/client-environment.ts'
import { registerCluster } from '../../localstack/aws/cluster.ts'
import { startLocalstackProcess } from '../../localstack/aws/localstack.ts'
import { readDeployedNames } from '../../localstack/event-source/deployed-names.ts'
import { readMappings } from '../../localstack/event-source/mappings.ts'
import { localstackFolder } from '../../localstack/folders.mjs'
import { installLocalstack } from '../../localstack/setup/localstack.mjs'
import { existingArn, synthesize } from '../cdk/template.ts'
import { objectStoreChecks } from '../checks/object-store-checks.ts'
import { makeInbox } from './inbox.ts'

const region = 'us-east-1'
const brokers = '127.0.0.1:19092' // functions are told them and nobody asks there

/** Installing it takes a minute of processor time and 148 MB, so it is asked for once; from then on it is there, and runs with the others. */
const isWanted = process.env.LOCALSTACK_TEST === '1' || existsSync(localstackFolder)
const missing = isWanted ? await installLocalstack(process.env) : 'LocalStack: LOCALSTACK_TEST=1 npm run test:local installs it'

/** What LocalStack 4.14.0 holds without Docker; README.md of localstack/ says what it does not. */
describe('LocalStack, a second emulator', { skip: missing !== undefined && `this machine lacks ${missing}`, timeout: 600_000 }, () => {
  let localstack: Awaited<ReturnType<typeof startLocalstackProcess>>
  const inbox = makeInbox()

  before(async () => {
    localstack = await startLocalstackProcess({ region, reportsTo: `${await inbox.listen()}/usage` })
    Object.assign(process.env, toClientEnvironment(localstack.endpoint, region))
  })
  after(async () => {
    await localstack?.stop()
    inbox.close()
  })

  describe('its S3', () => {
    let count = 0
    objectStoreChecks('on LocalStack', async () => {
      const bucket = `checks-${count++}`
      await makeBucket(bucket)
      return s3Store(bucket)
    })
  })

  describe('its SNS', () => {
    let topicArn: string
    before(async () => {
      const sns = new SNSClient()
      topicArn = (await sns.send(new CreateTopicCommand({ Name: 'checks' }))).TopicArn!
      await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'http', Endpoint: `${await inbox.listen()}/notes` }))
      const [{ Token }] = await inbox.receive('SubscriptionConfirmation', 1)
      await sns.send(new ConfirmSubscriptionCommand({ TopicArn: topicArn, Token }))
    })
    it('takes more messages than fit a call, and delivers each with its subject', async () => {
      const messages = Array.from({ length: 12 }, (_, at) => ({ subject: 'Millrace', body: `note ${at}` }))
      assert.deepEqual(await snsNotify(topicArn)(messages), { refusedCount: 0 })
      const notes = await inbox.receive('Notification', 12)
      assert.deepEqual(notes.map(({ Message }) => Message).sort(), messages.map(({ body }) => body).sort())
      assert.deepEqual([...new Set(notes.map(({ Subject }) => Subject))], ['Millrace'])
    })
    it('differs from AWS: it takes subjects that AWS refuses', async () => {
      const messages = ['Flüge', 'two\nlines', 'x'.repeat(101)].map(subject => ({ subject, body: 'note' }))
      assert.deepEqual(await snsNotify(topicArn)(messages), { refusedCount: 0 })
    })
    it('throws for a topic that is not there', async () => {
      await assert.rejects(snsNotify(`${topicArn}-none`)([{ subject: 'Millrace', body: 'note' }]), { name: 'NotFoundException' })
    })
  })

  describe('the stack', () => {
    const stackName = 'Millrace-flights'
    const template = synthesize({
      cluster: existingArn,
      topics: 'given',
      kafkaAuth: 'none',
      kafkaBrokers: brokers,
      collect: 'off',
      queries: 'off',
      alarms: 'off',
      onFailure: 'none',
      assetBucket: 'assets',
    }).toJSON() as TemplateJson
    const idsOf = (type: string) => Object.entries(template.Resources).flatMap(([id, { Type }]) => (Type === type ? [id] : []))
    let deployed: Awaited<ReturnType<typeof readStack>>
    before(async () => {
      await makeBucket('templates')
      assert.deepEqual(await createStack(stackName, withoutTables(template)), { status: 'CREATE_COMPLETE' })
      deployed = await readStack(stackName)
    })

    it('comes up whole, tables and mappings aside', () => {
      const leftOut = [...idsOf('AWS::DynamoDB::Table'), ...idsOf('AWS::Lambda::EventSourceMapping')]
      const expected = Object.keys(template.Resources).filter(id => !leftOut.includes(id))
      assert.deepEqual([...deployed.keys()].sort(), expected.sort())
      assert.equal(leftOut.length, 14)
    })
    it('tells every function the brokers', async () => {
      const lambda = new LambdaClient()
      for (const id of idsOf('AWS::Lambda::Function')) {
        const { Environment, State } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: deployed.get(id)! }))
        assert.deepEqual([Environment?.Variables?.KAFKA_BROKERS, State], [brokers, 'Active'], id)
      }
    })
    it('leaves the mappings in the template, for the event source', async () => {
      const names = await readDeployedNames(new CloudFormationClient(), stackName, existingArn)
      assert.equal(readMappings(template, names).length, idsOf('AWS::Lambda::EventSourceMapping').length)
    })
    it('lets Lambda and the clock take their roles', async () => {
      const sts = new STSClient()
      const roles = idsOf('AWS::IAM::Role')
      for (const id of roles) {
        const RoleArn = `arn:aws:iam::000000000000:role/${deployed.get(id)}`
        const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'check' }))
        assert.ok(Credentials?.SessionToken, id)
      }
      assert.equal(roles.length, 11)
    })
    it('points each schedule at its function, with its input and its queue', async () => {
      const schedules = idsOf('AWS::Scheduler::Schedule')
      for (const id of schedules) {
        const { Target, State, ScheduleExpression } = await new SchedulerClient().send(new GetScheduleCommand({ Name: deployed.get(id)! }))
        assert.ok([...deployed.values()].includes(Target!.Arn!.split(':').at(-1)!), id)
        assert.deepEqual([Target?.Input, State], ['{"trigger":"schedule"}', 'ENABLED'])
        assert.match(Target!.DeadLetterConfig!.Arn!, /^arn:aws:sqs:us-east-1:000000000000:/)
        assert.match(ScheduleExpression!, /^rate\((1 hours?|20 minutes)\)$/)
      }
      assert.equal(schedules.length, 3)
    })
    it('is refused with a policy that is none, so it looks at ours', async () => {
      const [role] = idsOf('AWS::IAM::Role')
      const broken = {
        ...template.Resources[role].Properties,
        Policies: [{ PolicyName: 'None', PolicyDocument: { Statement: [{ Effect: 'Maybe' }] } }],
      }
      const Resources = { [role]: { Type: 'AWS::IAM::Role', Properties: broken } }
      assert.match((await createStack('broken', { Resources })).status, /FAILED|ROLLBACK/)
    })
  })

  it('knows no Kafka: neither the cluster nor a mapping', async () => {
    assert.equal((await registerCluster(localstack.endpoint, region)).knowsKafka, false)
    const mapping = {
      FunctionName: 'any',
      EventSourceArn: existingArn,
      Topics: ['events'],
      StartingPosition: EventSourcePosition.TRIM_HORIZON,
    }
    await assert.rejects(new LambdaClient().send(new CreateEventSourceMappingCommand(mapping)))
  })
  it('listens on 127.0.0.1 and nowhere else', async () => {
    const socket = connect(Number(new URL(localstack.endpoint).port), '127.0.0.2') // whoever listens everywhere answers here too
    assert.equal((await once(socket, 'error'))[0].code, 'ECONNREFUSED')
  })
  it('reports its use to nobody', () => {
    assert.deepEqual(inbox.otherPaths(), [])
  })
})

interface TemplateJson {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>
}

/** The template without tables, which LocalStack would download a server for; what refers to one is given a name instead. */
function withoutTables(template: TemplateJson): object {
  const tables = Object.entries(template.Resources).flatMap(([id, { Type }]) => (Type === 'AWS::DynamoDB::Table' ? [id] : []))
  const Resources = Object.fromEntries(Object.entries(template.Resources).filter(([id]) => !tables.includes(id)))
  return tables.reduce(
    (rest, id) => {
      const toText = (pattern: string, name: string) => [new RegExp(pattern, 'g'), JSON.stringify(name)] as const
      const byName = toText(`\\{"Ref":"${id}"\\}`, id)
      const byArn = toText(`\\{"Fn::GetAtt":\\["${id}","Arn"\\]\\}`, `arn:aws:dynamodb:${region}:000000000000:table/${id}`)
      return JSON.parse(
        JSON.stringify(rest)
          .replaceAll(...byName)
          .replaceAll(...byArn),
      )
    },
    { ...template, Resources },
  )
}

const makeBucket = (name: string) => new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: name }))

/** Creates a stack of a template that is too long for a request, and waits for how it ends. */
async function createStack(name: string, template: object): Promise<{ readonly status: string }> {
  const client = new CloudFormationClient()
  await new S3Client({ forcePathStyle: true }).send(
    new PutObjectCommand({ Bucket: 'templates', Key: name, Body: JSON.stringify(template) }),
  )
  const TemplateURL = `${process.env.AWS_ENDPOINT_URL}/templates/${name}`
  await client.send(new CreateStackCommand({ StackName: name, TemplateURL, Capabilities: ['CAPABILITY_NAMED_IAM'] }))
  await waitUntilStackCreateComplete({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 200 }, { StackName: name }).catch(() => {})
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }))
  return { status: Stacks[0].StackStatus! }
}

/** What a stack's resources are called where they are deployed, by their logical ids. */
async function readStack(name: string): Promise<ReadonlyMap<string, string>> {
  const resources = new Map<string, string>()
  for await (const { StackResourceSummaries = [] } of paginateListStackResources(
    { client: new CloudFormationClient() },
    { StackName: name },
  )) {
    for (const { LogicalResourceId, PhysicalResourceId } of StackResourceSummaries) resources.set(LogicalResourceId!, PhysicalResourceId!)
  }
  return resources
}
