import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import { type Destination, parseDestination } from './destinations.ts'
import { parseFilters } from './filter.ts'
import { unfollowedSettings } from './rules.ts'

/** A deployed event source mapping: what is read, by whom, and under which rules. */
export interface Mapping {
  readonly logicalId: string
  /** The deployed function's own name. */
  readonly functionName: string
  readonly topic: string
  readonly groupId: string
  readonly startsAt: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP'
  /** Of AT_TIMESTAMP. */
  readonly startsAtMs: number | undefined
  readonly batchSize: number
  readonly windowMs: number
  readonly maxPollerCount: number
  /** -1 is without end. */
  readonly maxRetryCount: number
  /** -1 is without end. */
  readonly maxRecordAgeMs: number
  /** Whether a batch that made its function fail is cut in two. */
  readonly splitsOnError: boolean
  readonly reportsItemFailures: boolean
  /** Where what is given up goes; nowhere if undefined. */
  readonly destination: Destination | undefined
  /** The patterns of its filters; a record is delivered if one of them takes it. None: all are. */
  readonly filterPatterns: readonly string[]
  /** Settings of the template that are not followed. */
  readonly unfollowed: readonly string[]
}

/** What a mapping that sets nothing gets, by AWS's defaults. */
export const mappingDefaults = {
  startsAt: 'TRIM_HORIZON',
  startsAtMs: undefined,
  batchSize: 100,
  windowMs: 500,
  maxPollerCount: 2_000,
  maxRetryCount: -1,
  maxRecordAgeMs: -1,
  splitsOnError: false,
  reportsItemFailures: false,
  destination: undefined,
  filterPatterns: [],
  unfollowed: [],
} as const satisfies Partial<Mapping>

/** With a destination and no limit of its own, Lambda gives a batch up after so many retries. */
const retryCountWithDestination = 10

const logicalIdOf = z.union([
  z.object({ Ref: z.string() }).transform(reference => reference.Ref),
  z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.enum(['Arn', 'TopicArn'])]) }).transform(reference => reference['Fn::GetAtt'][0]),
])

const limit = (min: number, max: number) =>
  z
    .int()
    .refine(count => count === -1 || (count >= min && count <= max), `must be from ${min} to ${max}, or -1 for no limit`)
    .default(-1)

/** Ranges and defaults as AWS's: https://docs.aws.amazon.com/lambda/latest/dg/msk-esm-parameters.html */
const mappingProperties = z.object({
  FunctionName: logicalIdOf,
  AmazonManagedKafkaEventSourceConfig: z.object({ ConsumerGroupId: z.string().min(1).max(200).optional() }).default({}),
  Topics: z.tuple([z.string().regex(/^[\w.-]{1,249}$/)]),
  BatchSize: z.int().min(1).max(10_000).default(100),
  MaximumBatchingWindowInSeconds: z.int().min(0).max(300).default(0.5),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP']),
  /** In seconds. */
  StartingPositionTimestamp: z.number().min(0).optional(),
  ProvisionedPollerConfig: z
    .object({ MinimumPollers: z.int().min(1).max(200).default(1), MaximumPollers: z.int().min(1).max(2000).default(200) })
    .refine(({ MinimumPollers, MaximumPollers }) => MinimumPollers <= MaximumPollers, 'MinimumPollers must be at most MaximumPollers')
    .optional(),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  MaximumRetryAttempts: limit(0, 10_000),
  MaximumRecordAgeInSeconds: limit(60, 604_800),
  BisectBatchOnFunctionError: z.boolean().default(false),
  DestinationConfig: z
    .object({ OnFailure: z.object({ Destination: z.union([z.string(), logicalIdOf.transform(logicalId => ({ logicalId }))]) }) })
    .optional(),
  FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })).max(10) }).optional(),
  Enabled: z.boolean().default(true),
})

type MappingProperties = z.output<typeof mappingProperties>

const templateShape = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) })),
})

/** How the template's own names are found among what is deployed. */
export interface DeployedNames {
  toFunctionName(logicalId: string): string | undefined
  /** The ARN of a queue, a topic or a bucket. */
  toArn(logicalId: string): string | undefined
}

/**
 * Reads the Kafka mappings of a synthesized template; disabled ones are left out.
 *
 * The template is read because the emulator's own list of mappings omits topics and groups.
 *
 * @throws FILE_INVALID for what is no template, SETTING_INVALID for a mapping that AWS would refuse or that names what is not deployed
 * @example readMappings(JSON.parse(text), await readDeployedNames(client, stackName, clusterArn))
 */
export function readMappings(template: unknown, names: DeployedNames): Mapping[] {
  const parsed = templateShape.safeParse(template)
  if (!parsed.success) {
    throw new MillraceError('FILE_INVALID', `the template must be CloudFormation's JSON, got ${describeIssues(parsed.error)}`)
  }
  return Object.entries(parsed.data.Resources)
    .filter(([, resource]) => resource.Type === 'AWS::Lambda::EventSourceMapping' && resource.Properties.Topics !== undefined)
    .filter(([, resource]) => resource.Properties.Enabled !== false)
    .map(([logicalId, resource]) => parseMapping(logicalId, resource.Properties, names))
}

/**
 * One mapping from its CloudFormation properties.
 *
 * @throws SETTING_INVALID, as `readMappings`
 */
export function parseMapping(logicalId: string, properties: Readonly<Record<string, unknown>>, names: DeployedNames): Mapping {
  const refuse = (message: string) =>
    new MillraceError('SETTING_INVALID', `event source mapping ${logicalId}: ${message}; change it in cdk/`)
  const parsed = mappingProperties.safeParse(properties)
  if (!parsed.success) throw refuse(describeIssues(parsed.error))
  const settings = parsed.data
  const functionName = names.toFunctionName(settings.FunctionName)
  if (functionName === undefined) throw refuse(`function ${settings.FunctionName} is not deployed`)
  const destination = parseOnFailure(settings, names)
  const refusal = findRefusal(settings, destination)
  if (refusal !== undefined) throw refuse(refusal)
  const filterPatterns = settings.FilterCriteria?.Filters.map(({ Pattern }) => Pattern) ?? []
  parseFilters(filterPatterns)
  return {
    logicalId,
    functionName,
    topic: settings.Topics[0],
    groupId: settings.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId ?? logicalId,
    startsAt: settings.StartingPosition,
    startsAtMs: settings.StartingPosition === 'AT_TIMESTAMP' ? Number(settings.StartingPositionTimestamp) * 1_000 : undefined,
    batchSize: settings.BatchSize,
    windowMs: settings.MaximumBatchingWindowInSeconds * 1_000,
    maxPollerCount: settings.ProvisionedPollerConfig?.MaximumPollers ?? mappingDefaults.maxPollerCount,
    maxRetryCount: settings.MaximumRetryAttempts === -1 && destination ? retryCountWithDestination : settings.MaximumRetryAttempts,
    maxRecordAgeMs: settings.MaximumRecordAgeInSeconds === -1 ? -1 : settings.MaximumRecordAgeInSeconds * 1_000,
    splitsOnError: settings.BisectBatchOnFunctionError,
    reportsItemFailures: settings.FunctionResponseTypes.length > 0,
    destination,
    filterPatterns,
    unfollowed: unfollowedSettings(properties),
  }
}

function parseOnFailure({ DestinationConfig }: MappingProperties, names: DeployedNames): Destination | undefined {
  const named = DestinationConfig?.OnFailure.Destination
  if (named === undefined) return undefined
  if (typeof named === 'string') return parseDestination(named)
  const arn = names.toArn(named.logicalId)
  if (arn === undefined) throw new MillraceError('SETTING_INVALID', `on-failure destination ${named.logicalId} is not deployed`)
  return parseDestination(arn)
}

/** What AWS refuses of settings that are each allowed. */
function findRefusal(settings: MappingProperties, destination: Destination | undefined): string | undefined {
  const [topic] = settings.Topics
  if (destination?.kind === 'kafka' && destination.topic === topic)
    return `the on-failure topic must differ from the source's, got ${topic} for both`
  if (settings.StartingPosition === 'AT_TIMESTAMP' && settings.StartingPositionTimestamp === undefined) {
    return 'StartingPosition AT_TIMESTAMP needs StartingPositionTimestamp'
  }
  if (settings.StartingPosition !== 'AT_TIMESTAMP' && settings.StartingPositionTimestamp !== undefined) {
    return `StartingPositionTimestamp needs StartingPosition AT_TIMESTAMP, got ${settings.StartingPosition}`
  }
  if (settings.ProvisionedPollerConfig) return undefined
  const provisionedOnly = {
    MaximumRetryAttempts: settings.MaximumRetryAttempts !== -1,
    MaximumRecordAgeInSeconds: settings.MaximumRecordAgeInSeconds !== -1,
    BisectBatchOnFunctionError: settings.BisectBatchOnFunctionError,
    FunctionResponseTypes: settings.FunctionResponseTypes.length > 0,
    'a Kafka topic as DestinationConfig': destination?.kind === 'kafka',
  }
  const used = Object.entries(provisionedOnly).filter(([, isUsed]) => isUsed)
  return used.length > 0 ? `${used.map(([name]) => name).join(', ')} must come with ProvisionedPollerConfig` : undefined
}

const describeIssues = (error: z.ZodError) => error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; ')
