/** One rule of Lambda's Kafka event source and whether this stand-in follows it. */
export interface Rule {
  readonly rule: string
  readonly state: 'done' | 'later'
  /** Properties of AWS::Lambda::EventSourceMapping that the rule speaks of. */
  readonly settings: readonly string[]
  /** The value of the setting that switches the rule off, so that a rule for later does no harm. */
  readonly off?: unknown
  /** What happens here, where that is more or less than the rule. */
  readonly here?: string
}

/**
 * The rules of Lambda's Kafka poller, done and to come. A mapping that uses one for later is warned about at start.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/msk-esm-parameters.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html
 */
export const rules: readonly Rule[] = [
  { rule: 'a batch holds at most BatchSize records, 100 by default', state: 'done', settings: ['BatchSize'] },
  { rule: 'a batch waits at most the window, 500 ms by default', state: 'done', settings: ['MaximumBatchingWindowInSeconds'] },
  { rule: 'a payload holds at most 6 MB, base64 and envelope counted', state: 'done', settings: [] },
  {
    rule: 'a record whose payload alone is over 6 MB is never delivered',
    state: 'done',
    settings: [],
    here: 'skipped, committed, counted as discarded and reported as an error; AWS documents nothing',
  },
  { rule: 'a partition is read in order, one invocation at a time', state: 'done', settings: [] },
  {
    rule: 'there are at most MaximumPollers pollers, never more than partitions',
    state: 'done',
    settings: ['ProvisionedPollerConfig'],
    here: 'all of them from the start, one invocation each (AWS: up to five); on demand: one a partition',
  },
  { rule: 'offsets are committed after success only', state: 'done', settings: [] },
  {
    rule: 'a failed batch comes again whole, without end by default',
    state: 'done',
    settings: ['MaximumRetryAttempts'],
    here: 'after 0.2 s doubling to 20 s; only answers of the function use up attempts, and progress begins a new count',
  },
  {
    rule: 'batchItemFailures brings back the records from the lowest listed offset of each partition',
    state: 'done',
    settings: ['FunctionResponseTypes'],
  },
  { rule: 'an identifier that is not in the batch brings back the whole batch', state: 'done', settings: [] },
  { rule: 'a group without offsets starts at TRIM_HORIZON or LATEST', state: 'done', settings: ['StartingPosition'] },
  { rule: 'a group without offsets starts at a time', state: 'later', settings: ['StartingPositionTimestamp'] },
  { rule: 'a record over its age is given up', state: 'later', settings: ['MaximumRecordAgeInSeconds'], off: -1 },
  { rule: 'a failed batch is cut in two', state: 'later', settings: ['BisectBatchOnFunctionError'], off: false },
  {
    rule: 'a record given up goes to SQS, SNS, S3 or Kafka, by default after 10 retries',
    state: 'later',
    settings: ['DestinationConfig'],
    here: 'given up after MaximumRetryAttempts: only counted and reported; no limit set: no end',
  },
  { rule: 'filters drop records by their value', state: 'later', settings: ['FilterCriteria'] },
]

/** The settings among these properties whose rule is still to come. */
export function unfollowedSettings(properties: Readonly<Record<string, unknown>>): string[] {
  const later = rules.filter(rule => rule.state === 'later')
  return later.flatMap(({ settings, off }) => settings.filter(name => properties[name] !== undefined && properties[name] !== off))
}
