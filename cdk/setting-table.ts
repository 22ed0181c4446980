// Over 300 lines because it is one table: every setting of the stack with its default, its range and its meaning.
import type { Duration } from 'aws-cdk-lib/core'
import { type BrokerType, brokerTypes } from './broker-types.ts'
import {
  type ClusterChoice,
  listOf,
  matching,
  numberAbove0,
  oneOf,
  onOrOff,
  parseCluster,
  parseRate,
  type Setting,
  setting,
  wholeNumber,
} from './setting.ts'
import { parseZones, type ZoneChoice } from './zones.ts'

/** What CloudWatch takes as a log group's retention, in days. */
const logDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]

/** Every setting of the app, given as CDK context: `cdk deploy -c cluster=…`, or under `context` in cdk.json. */
export const settingTable = {
  pipelineFile: setting<string>({
    default: 'models/pipeline.ts',
    parse: matching(/\.ts$/),
    allowed: 'the path of a .ts file',
    meaning: 'the definition to deploy, from the root of the repository',
  }),

  cluster: setting<ClusterChoice>({
    default: { kind: 'provisioned' },
    parse: parseCluster,
    allowed: 'provisioned, serverless, or the ARN of an MSK cluster, arn:aws:kafka:<region>:<account>:cluster/<name>/<uuid>',
    meaning: 'the brokers: an MSK cluster made for this pipeline, provisioned or serverless, or one that is there already',
  }),
  brokerType: setting<BrokerType>({
    default: 'kafka.m7g.large',
    parse: oneOf(...(Object.keys(brokerTypes) as BrokerType[])),
    allowed: Object.keys(brokerTypes).join(', '),
    meaning: 'the instance type of the brokers of a provisioned cluster',
  }),
  brokerCount: setting<number>({
    default: 3, // parseSettings gives one a zone where it is not given
    parse: wholeNumber(2, 60),
    allowed: 'a whole number from 2 to 60, the same in every zone',
    meaning: 'how many brokers a provisioned cluster has; absent, one a zone',
  }),
  brokerDiskGb: setting<number>({
    default: 100,
    parse: wholeNumber(1, 16_384),
    allowed: 'a whole number from 1 to 16384',
    meaning: 'the disk of each broker of a provisioned cluster',
  }),
  brokerDiskGbAtMost: setting<number | undefined>({
    default: undefined,
    parse: wholeNumber(1, 16_384),
    allowed: 'a whole number from 1 to 16384',
    meaning: 'how far MSK may enlarge that disk by itself, from 60 % full on; absent, tenfold; the same as it, never',
  }),
  brokerAccess: setting<'private' | 'public'>({
    default: 'private',
    parse: oneOf('private', 'public'),
    allowed: 'private or public',
    meaning: 'by which names functions reach an existing cluster; public: from outside any VPC, where it has public access',
  }),
  topics: setting<'make' | 'given'>({
    default: 'make',
    parse: oneOf('make', 'given'),
    allowed: 'make or given',
    meaning: "who makes the topics; given: they are an existing cluster's owner's",
  }),
  kafkaAuth: setting<'iam' | 'none'>({
    default: 'iam',
    parse: oneOf('iam', 'none'),
    allowed: 'iam or none',
    meaning: 'how functions sign in to the brokers; none only for an existing cluster that allows it',
  }),
  kafkaBrokers: setting<string | undefined>({
    default: undefined,
    parse: matching(/^[\w.-]+:\d+(,[\w.-]+:\d+)*$/),
    allowed: 'host:port of each broker, separated by commas',
    meaning: 'only for an emulator that knows no Kafka: functions are told these brokers, and no mapping is made; the local run uses it',
  }),

  compression: setting<'none' | 'gzip' | 'zstd'>({
    default: 'gzip',
    parse: oneOf('none', 'gzip', 'zstd'),
    allowed: 'none, gzip or zstd',
    meaning: 'how the functions compress what they send; whoever reads the topics must know it, and AWS does not say what its pollers know',
  }),

  vpcId: setting<string | undefined>({
    default: undefined,
    parse: matching(/^vpc-\w+$/),
    allowed: 'the id of a VPC, vpc-…',
    meaning: 'a VPC that is there already; absent, one is made for a new cluster, and functions of an existing cluster run outside any',
  }),
  subnetIds: setting<readonly string[]>({
    default: [],
    parse: listOf(/^subnet-\w+$/),
    allowed: 'ids of subnets, subnet-…,subnet-…',
    meaning: 'where in that VPC the functions run, and the brokers of a new cluster',
  }),
  securityGroupIds: setting<readonly string[]>({
    default: [],
    parse: listOf(/^sg-\w+$/),
    allowed: 'ids of security groups, sg-…,sg-…',
    meaning: "the functions' security groups, which the brokers of an existing cluster let in",
  }),
  zones: setting<ZoneChoice | undefined>({
    default: undefined,
    parse: parseZones,
    allowed: '2, 3, or names of as many zones of one region, such as eu-central-1a,eu-central-1b',
    meaning: "in how many zones, or in which, a VPC that is made lies; absent, the region's first 3; they cannot be changed later",
  }),
  kafkaApi: setting<'dual-stack' | 'ipv4'>({
    default: 'dual-stack',
    parse: oneOf('dual-stack', 'ipv4'),
    allowed: 'dual-stack or ipv4',
    meaning: "the name by which functions call MSK's API; ipv4 where a given VPC has the older endpoint, com.amazonaws.<region>.kafka",
  }),
  natGateways: setting<number>({
    default: 0,
    parse: wholeNumber(0, 3),
    allowed: 'a whole number from 0 to 3',
    meaning: 'ways out of the VPC that is made, one a zone; no function needs one',
  }),

  architecture: setting<'x86_64' | 'arm64'>({
    default: 'x86_64',
    parse: oneOf('x86_64', 'arm64'),
    allowed: 'x86_64 or arm64',
    meaning: 'the processor of every function; native packages are copied for it',
  }),
  concurrency: setting<'reserved' | 'shared'>({
    default: 'shared',
    parse: oneOf('shared', 'reserved'),
    allowed: 'shared or reserved',
    meaning:
      "reserved: each step keeps as much of the account's concurrency as it has partitions, and takes no more; see `millrace preflight`",
  }),
  tracing: setting<'on' | 'off'>({
    ...onOrOff,
    default: 'off',
    meaning: 'traces of the functions in X-Ray: one a second and a twentieth of the others, of each function, at 5 dollars a million',
  }),
  logDays: setting<number>({
    default: 30,
    parse: text => logDays.find(days => String(days) === text),
    allowed: logDays.join(', '),
    meaning: 'how long the logs of functions, brokers and network are kept',
  }),

  pollers: setting<'provisioned' | 'on-demand'>({
    default: 'provisioned',
    parse: oneOf('provisioned', 'on-demand'),
    allowed: 'provisioned or on-demand',
    meaning: "Lambda's pollers: provisioned ones are paid by the hour and take the error controls, on-demand ones do neither",
  }),
  minPollers: setting<number>({
    default: 1,
    parse: wholeNumber(1, 200),
    allowed: 'a whole number from 1 to 200',
    meaning: 'how many provisioned pollers a topic always has',
  }),
  maxPollers: setting<number>({
    default: 10,
    parse: wholeNumber(1, 2_000),
    allowed: 'a whole number from 1 to 2000',
    meaning: 'how many provisioned pollers a topic may scale to; never above its partitions',
  }),
  partialFailures: setting<'on' | 'off' | undefined>({
    ...onOrOff,
    default: undefined,
    meaning: 'whether only the failed records of a batch come again; absent, on with provisioned pollers',
  }),
  bisect: setting<'on' | 'off' | undefined>({
    ...onOrOff,
    default: undefined,
    meaning: 'whether a failed batch is cut in two until the bad record is alone; absent, on with provisioned pollers',
  }),
  retriesAtMost: setting<number | undefined>({
    default: undefined,
    parse: wholeNumber(-1, 10_000),
    allowed: 'a whole number from 0 to 10000, or -1 for no limit',
    meaning: 'how often a failing batch comes again before it is put aside; absent, 10000 where onFailure is s3',
  }),
  recordAgeAtMostSec: setting<number | undefined>({
    default: undefined,
    parse: wholeNumber(60, 604_800),
    allowed: 'a whole number from 60 to 604800',
    meaning: 'how old a record may become before it is put aside; absent, half a day below retention; no limit for given topics',
  }),
  onFailure: setting<'s3' | 'none' | undefined>({
    default: undefined,
    parse: oneOf('s3', 'none'),
    allowed: 's3 or none',
    meaning: 'where batches that are given up go, whole; none: they come again without end; absent, s3 with provisioned pollers',
  }),

  collect: setting<'iam' | 'jwt' | 'off'>({
    default: 'iam',
    parse: oneOf('iam', 'jwt', 'off'),
    allowed: 'iam, jwt or off',
    meaning: "who may send records over HTTP: who IAM allows, or who brings an issuer's token; off: nobody, and there is no API",
  }),
  jwtIssuer: setting<string | undefined>({
    default: undefined,
    parse: matching(/^https:\/\/\S+$/),
    allowed: 'the address of an issuer, https://…',
    meaning: 'who issues the tokens of collect=jwt',
  }),
  jwtAudience: setting<readonly string[]>({
    default: [],
    parse: listOf(/^\S+$/),
    allowed: 'names, separated by commas',
    meaning: 'for whom the tokens of collect=jwt are issued',
  }),
  httpLabels: setting<'on' | 'off'>({
    ...onOrOff,
    default: 'off',
    meaning: 'whether collect takes labels too: who may send them decides what models learn, so they have a permission of their own',
  }),
  requestsPerSec: setting<number>({
    default: 100,
    parse: wholeNumber(1, 10_000),
    allowed: 'a whole number from 1 to 10000',
    meaning: 'how many requests collect takes a second, for a while twice as many; more are answered with 429',
  }),

  retrainEvery: setting<Duration | undefined>({
    default: undefined,
    parse: parseRate,
    allowed: "an amount and a unit, such as '30 minutes', '6 hours' or '1 day'",
    meaning: "how often a candidate is trained, instead of the definition's retrain.everyMs",
  }),
  labelWindowSec: setting<number | undefined>({
    default: undefined,
    parse: wholeNumber(0, 50),
    allowed: 'a whole number from 0 to 50',
    meaning:
      'the longest that Lambda gathers labels, for feedback and for windows over labels; absent, five seconds; 0: fresher, at more calls',
  }),
  windowSecAtMost: setting<number>({
    default: 300,
    parse: wholeNumber(1, 300),
    allowed: 'a whole number from 1 to 300',
    meaning:
      'the longest that Lambda gathers records for any step, where its row says longer: sooner in archive and counters, at more calls',
  }),
  retrainTimeoutSec: setting<number>({
    default: 900,
    parse: wholeNumber(30, 900),
    allowed: 'a whole number from 30 to 900',
    meaning: 'how long one training may take; runs must not overlap, so it ends before the next may begin',
  }),
  sparkImage: setting<string | undefined>({
    default: undefined,
    parse: matching(/^\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com(\.cn)?\/[\w./-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$/),
    allowed: 'the address of an image in ECR, with its tag or digest',
    meaning: "the image of Spark's jobs, which functions/retrain/spark makes; needed where retrain.engine is 'spark'",
  }),
  sparkWorkers: setting<number>({
    default: 4,
    parse: wholeNumber(1, 100),
    allowed: 'a whole number from 1 to 100',
    meaning: 'how many executors of 4 vCPU and 30 GB a training on Spark has, beside its driver of the same size',
  }),

  modelOperators: setting<readonly string[]>({
    default: [],
    parse: listOf(/^arn:aws[\w-]*:iam::\d{12}:(role|user)\/[\w+=.@*/-]+$/),
    allowed: 'ARNs of roles or users, separated by commas; a star stands for any letters',
    meaning: 'who, beside retrain and watch, may write to the bucket of models: promote, roll back, withdraw; absent, nobody',
  }),
  onDestroy: setting<'keep' | 'delete'>({
    default: 'keep',
    parse: oneOf('keep', 'delete'),
    allowed: 'keep or delete',
    meaning: 'what becomes of buckets and tables, and all they hold, when the stack is deleted',
  }),
  tables: setting<'on-demand' | 'provisioned'>({
    default: 'on-demand',
    parse: oneOf('on-demand', 'provisioned'),
    allowed: 'on-demand or provisioned',
    meaning: 'how the capacity of the table of predictions is paid: by the request, or by the hour, following the load at 70 % of use',
  }),
  archiveColdAfterDays: setting<number>({
    default: 90,
    parse: wholeNumber(30, 3_650),
    allowed: 'a whole number from 30 to 3650',
    meaning: 'when archive objects move to infrequent access: half the price to keep, dearer to read; those deleted sooner never do',
  }),
  archiveKeepDays: setting<number | undefined>({
    default: undefined,
    parse: wholeNumber(1, 36_500),
    allowed: 'a whole number from 1 to 36500',
    meaning: 'when archive objects are deleted; absent, never',
  }),
  queries: setting<'on' | 'off'>({
    ...onOrOff,
    default: 'on',
    meaning: 'tables in Glue over the archive, and a workgroup of Athena to query them',
  }),
  queryGbAtMost: setting<number>({
    default: 100,
    parse: wholeNumber(1, 100_000),
    allowed: 'a whole number from 1 to 100000',
    meaning: 'how much of the archive one Athena query may scan',
  }),

  alarms: setting<'on' | 'off'>({ ...onOrOff, default: 'on', meaning: 'alarms and the dashboard' }),
  alarmEmail: setting<string | undefined>({
    default: undefined,
    parse: matching(/^[^@\s]+@[^@\s]+\.[^@\s]+$/),
    allowed: 'an e-mail address',
    meaning: 'who is told of alarms; absent, whoever subscribes to the topic of alarms',
  }),
  alarmLagSec: setting<number>({
    default: 900,
    parse: wholeNumber(60, 604_800),
    allowed: 'a whole number from 60 to 604800',
    meaning: "alarm when a step is further behind a topic of a provisioned cluster for a quarter of an hour, by MSK's own estimate",
  }),
  alarmLagRecords: setting<number>({
    default: 100_000,
    parse: wholeNumber(1, 1_000_000_000),
    allowed: 'a whole number from 1 to 1000000000',
    meaning: 'alarm when a step is more records behind its topics for a quarter of an hour, on the other clusters',
  }),
  alarmRejectedRatio: setting<number>({
    default: 0.05,
    parse: numberAbove0(1),
    allowed: 'a number above 0 and up to 1',
    meaning: 'alarm when more of the records that a step reads are rejected, over a quarter of an hour',
  }),
  alarmErrorsAtLeast: setting<number>({
    default: 3,
    parse: wholeNumber(1, 1_000_000),
    allowed: 'a whole number from 1 to 1000000',
    meaning: 'alarm when a function that Kafka triggers fails as often within five minutes',
  }),
  alarmSilentTurns: setting<number>({
    default: 2,
    parse: wholeNumber(1, 7),
    allowed: 'a whole number from 1 to 7',
    meaning: 'alarm when a scheduled step (retrain, watch) has missed as many turns',
  }),
  alarmUsdPerDay: setting<number>({
    default: 20,
    parse: numberAbove0(100_000),
    allowed: 'a number above 0 and up to 100000',
    meaning: 'the cost guard: alarm when the functions of the stack have cost more in a day',
  }),
  costs: setting<'show' | 'hide'>({
    default: 'hide',
    parse: oneOf('show', 'hide'),
    allowed: 'show or hide',
    meaning: 'whether a synth prints what these settings cost a month, beside the other clusters and pollers',
  }),

  assetBucket: setting<string | undefined>({
    default: undefined,
    parse: matching(/^[a-z0-9.-]{3,63}$/),
    allowed: 'the name of a bucket',
    meaning: "an existing bucket for the functions' code, which saves `cdk bootstrap`; the local run uses it",
  }),
}

export type Settings = {
  readonly [Name in keyof typeof settingTable]: (typeof settingTable)[Name] extends Setting<infer Value> ? Value : never
}
