const guide = 'https://docs.aws.amazon.com/lambda/latest/dg'
const pages = {
  parameters: `${guide}/msk-esm-parameters.html`,
  configuration: `${guide}/with-msk-configure.html`,
  retries: `${guide}/kafka-retry-configurations.html`,
  scaling: `${guide}/kafka-scaling-modes.html`,
  failures: `${guide}/kafka-on-failure.html`,
  failureTopic: `${guide}/kafka-on-failure-destination.html`,
  positions: `${guide}/msk-starting-positions.html`,
  filtering: `${guide}/kafka-filtering.html`,
  process: `${guide}/with-kafka-process.html`,
  streams: `${guide}/kinesis-on-failure-destination.html`,
  services: `${guide}/services-consume-kafka-events.html`,
} as const

/** One rule of Lambda's Kafka event source and whether this stand-in follows it. */
export interface Rule {
  readonly rule: string
  readonly state: 'done' | 'not followed'
  /** The page that says so. */
  readonly source: string
  /** Properties of AWS::Lambda::EventSourceMapping that the rule speaks of. */
  readonly settings: readonly string[]
  /** Title of the test that holds it; where it stands in test/checks, the same test could run against AWS. */
  readonly test?: string
  /** What happens here, where that is more or less than the rule, or where AWS leaves it open. */
  readonly here?: string
}

/** The rules of Lambda's Kafka poller. A mapping that uses one that is not followed is warned about at start. */
export const rules: readonly Rule[] = [
  {
    rule: 'a batch holds at most BatchSize records, 100 by default',
    state: 'done',
    source: pages.parameters,
    settings: ['BatchSize'],
    test: 'cuts batches of at most BatchSize records',
  },
  {
    rule: 'a batch that is not full waits for the window, 500 ms by default',
    state: 'done',
    source: pages.parameters,
    settings: ['MaximumBatchingWindowInSeconds'],
    test: 'waits for the batching window to end where the batch is not full',
  },
  {
    rule: 'a payload holds at most 6 MB, base64 and envelope counted',
    state: 'done',
    source: pages.configuration,
    settings: [],
    test: 'sends no payload over 6 MB',
  },
  {
    rule: 'a record whose payload alone is over 6 MB is never delivered; its condition is MaximumPayloadSizeExceeded',
    state: 'done',
    source: pages.failures,
    settings: [],
    test: 'gives up a record that fits no payload, says so, and goes on with the next',
    here: 'without a destination it is counted as discarded and reported as an error; AWS documents nothing',
  },
  {
    rule: 'a partition is read in order, one invocation at a time',
    state: 'done',
    source: pages.configuration,
    settings: [],
    test: 'runs one batch of a partition at a time, in order',
  },
  {
    rule: 'invocations run side by side, never more than there are partitions',
    state: 'done',
    source: pages.scaling,
    settings: [],
    test: 'runs partitions side by side, at most as many as there are',
    here: 'on demand: one for each partition from the start, where Lambda begins with one and looks at the lag each minute',
  },
  {
    rule: 'there are at most MaximumPollers pollers, each with up to five invocations',
    state: 'done',
    source: pages.scaling,
    settings: ['ProvisionedPollerConfig'],
    test: 'runs up to five invocations at a time for each poller, and no more',
    here: 'all of them from the start; an invocation holds the partitions of its turn, more than one where there are more than five for each poller',
  },
  {
    rule: 'offsets are committed after success only',
    state: 'done',
    source: pages.configuration,
    settings: [],
    test: 'commits nothing of a batch before it has succeeded',
  },
  {
    rule: 'a failed batch comes again whole, without end by default',
    state: 'done',
    source: pages.configuration,
    settings: [],
    test: 'repeats a failed batch whole, as often as it fails',
    here: 'after 0.2 s doubling to 20 s; AWS documents no waits',
  },
  {
    rule: 'a function that runs into its timeout has failed',
    state: 'done',
    source: pages.configuration,
    settings: [],
    test: 'repeats a batch whose function has timed out',
  },
  {
    rule: 'a function that crashes has failed',
    state: 'done',
    source: pages.configuration,
    settings: [],
    test: 'repeats a batch whose function has crashed',
  },
  {
    rule: 'a batch is given up after MaximumRetryAttempts',
    state: 'done',
    source: pages.retries,
    settings: ['MaximumRetryAttempts'],
    test: 'gives up a batch after MaximumRetryAttempts and goes on with the next',
    here: 'progress begins a new count',
  },
  {
    rule: 'an invocation that could not be made (throttled) uses up no attempt',
    state: 'done',
    source: pages.streams,
    settings: [],
    test: 'does not use up attempts while the service cannot run the function',
    here: 'said of Kinesis',
  },
  {
    rule: 'a record over its age is given up',
    state: 'done',
    source: pages.retries,
    settings: ['MaximumRecordAgeInSeconds'],
    test: 'gives up records over MaximumRecordAgeInSeconds without running the function',
    here: 'looked at before each invocation; the age counts from the record’s timestamp, of one without from its arrival; the condition is RecordAgeExceeded',
  },
  {
    rule: 'a batch that made its function fail is cut in two',
    state: 'done',
    source: pages.retries,
    settings: ['BisectBatchOnFunctionError'],
    test: 'cuts a failed batch in two until the bad record stands alone',
    here: 'the halves come one after the other, at once; a list of failed records narrows the batch and cuts nothing',
  },
  {
    rule: 'a cut in two uses up no attempt',
    state: 'done',
    source: pages.streams,
    settings: ['BisectBatchOnFunctionError'],
    test: 'uses up no attempt by cutting in two',
    here: 'said of Kinesis',
  },
  {
    rule: 'batchItemFailures brings back failed records: everything from the lowest listed one of a partition',
    state: 'done',
    source: pages.retries,
    settings: ['FunctionResponseTypes'],
    test: 'brings back everything from the lowest listed record of a partition, as the one reading has it',
    here: 'the page can be read both ways; this one is the default',
  },
  {
    rule: 'batchItemFailures brings back failed records: only the listed ones',
    state: 'done',
    source: pages.retries,
    settings: ['FunctionResponseTypes'],
    test: 'brings back only the listed records, as the other reading has it, and commits none behind them',
    here: 'with itemFailureReading: listed only',
  },
  {
    rule: 'an identifier that is not in the batch brings back the whole batch',
    state: 'done',
    source: pages.retries,
    settings: ['FunctionResponseTypes'],
    test: 'brings back the whole batch for an identifier that is not in it',
  },
  {
    rule: 'an answer without failures is success: null, an empty object, an empty list',
    state: 'done',
    source: pages.retries,
    settings: ['FunctionResponseTypes'],
    test: 'takes {"batchItemFailures":[]} as success',
  },
  {
    rule: 'with a destination and no limit a batch is given up after 10 retries',
    state: 'done',
    source: pages.retries,
    settings: ['DestinationConfig', 'MaximumRetryAttempts'],
    test: 'gives up after 10 retries where there is a destination and no limit',
  },
  {
    rule: 'SQS is told of what is given up, without the records',
    state: 'done',
    source: pages.failures,
    settings: ['DestinationConfig'],
    test: 'tells SQS what it gave up: metadata only',
  },
  {
    rule: 'SNS is told of what is given up, without the records',
    state: 'done',
    source: pages.failures,
    settings: ['DestinationConfig'],
    test: 'tells SNS what it gave up: metadata only',
  },
  {
    rule: 'S3 gets an object with the whole event',
    state: 'done',
    source: pages.failures,
    settings: ['DestinationConfig'],
    test: 'writes to S3 what it gave up, with the whole event as text',
    here: 'the key is of the form for Kinesis, the first partition in place of the shard',
  },
  {
    rule: 'a Kafka topic gets each record with its key',
    state: 'done',
    source: pages.failureTopic,
    settings: ['DestinationConfig'],
    test: 'writes to a Kafka topic each record that it gave up, with its key',
  },
  {
    rule: 'what is given up is committed once its destination has it',
    state: 'done',
    source: pages.failures,
    settings: ['DestinationConfig'],
    test: 'commits what it gave up only once the destination has it',
    here: 'a destination that fails is tried again without end; AWS documents nothing',
  },
  {
    rule: 'the topic for failures must not be the source’s',
    state: 'done',
    source: pages.failureTopic,
    settings: ['DestinationConfig'],
    test: 'rejects the source’s own topic as its on-failure destination',
  },
  {
    rule: 'retry limit, age, bisection, partial failures and a Kafka destination need provisioned pollers',
    state: 'done',
    source: pages.scaling,
    settings: ['ProvisionedPollerConfig'],
    test: 'rejects MaximumRetryAttempts without provisioned pollers',
  },
  {
    rule: 'a group without offsets starts at TRIM_HORIZON',
    state: 'done',
    source: pages.positions,
    settings: ['StartingPosition'],
    test: 'delivers every record once, in order per partition, and commits the ends',
  },
  {
    rule: 'a group without offsets starts at LATEST',
    state: 'done',
    source: pages.positions,
    settings: ['StartingPosition'],
    test: 'starts behind what is there with LATEST',
    here: 'at once; on AWS making a mapping takes minutes, and what comes meanwhile may be skipped',
  },
  {
    rule: 'a group without offsets starts at a time',
    state: 'done',
    source: pages.positions,
    settings: ['StartingPosition', 'StartingPositionTimestamp'],
    test: 'starts at the first record of its time with AT_TIMESTAMP',
  },
  {
    rule: 'a group with offsets goes on there, whatever the starting position',
    state: 'done',
    source: pages.process,
    settings: ['StartingPosition'],
    test: 'resumes where an earlier one has committed, in the middle of a batch',
  },
  {
    rule: 'filters drop records by their value',
    state: 'done',
    source: pages.filtering,
    settings: ['FilterCriteria'],
    test: 'delivers only records that a filter takes, and commits the others',
  },
  {
    rule: 'a schema registry turns Avro and Protobuf into JSON',
    state: 'not followed',
    source: pages.services,
    settings: ['SchemaRegistryConfig'],
  },
]

/** The settings among these properties whose rule is not followed. */
export function unfollowedSettings(properties: Readonly<Record<string, unknown>>): string[] {
  const names = rules.filter(rule => rule.state === 'not followed').flatMap(rule => rule.settings)
  return names.filter(name => properties[name] !== undefined)
}
