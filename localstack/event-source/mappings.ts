import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import { unfollowedSettings } from './rules.ts'

/** A deployed event source mapping: what is read, by whom, and under which rules. */
export interface Mapping {
  readonly logicalId: string
  /** The deployed function's own name. */
  readonly functionName: string
  readonly topic: string
  readonly groupId: string
  readonly startsAt: 'TRIM_HORIZON' | 'LATEST'
  readonly batchSize: number
  readonly windowMs: number
  readonly maxPollerCount: number
  /** -1 is without end. */
  readonly maxRetryCount: number
  readonly reportsItemFailures: boolean
  /** Settings of the template that are not followed yet. */
  readonly unfollowed: readonly string[]
}

const logicalIdOf = z.union([
  z.object({ Ref: z.string() }).transform(reference => reference.Ref),
  z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).transform(reference => reference['Fn::GetAtt'][0]),
])

/** Ranges and defaults as AWS's: https://docs.aws.amazon.com/lambda/latest/dg/msk-esm-parameters.html */
const mappingProperties = z.object({
  FunctionName: logicalIdOf,
  AmazonManagedKafkaEventSourceConfig: z.object({ ConsumerGroupId: z.string().min(1).max(200).optional() }).default({}),
  Topics: z.tuple([z.string().regex(/^[\w.-]{1,249}$/)]),
  BatchSize: z.int().min(1).max(10_000).default(100),
  MaximumBatchingWindowInSeconds: z.int().min(0).max(300).default(0.5),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP']),
  ProvisionedPollerConfig: z.object({ MaximumPollers: z.int().min(1).max(2000).default(200) }).default({ MaximumPollers: 2000 }),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  MaximumRetryAttempts: z.int().min(-1).max(10_000).default(-1),
  Enabled: z.boolean().default(true),
})

const templateShape = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) })),
})

/**
 * Reads the Kafka mappings of a synthesized template; disabled ones are left out.
 *
 * The template is read because the emulator's own list of mappings omits topics and groups.
 *
 * Throws `FILE_INVALID` for what is no template, `SETTING_INVALID` for a mapping that AWS would refuse or that names
 * a function `toFunctionName` does not know.
 *
 * @example readMappings(JSON.parse(text), logicalId => names.get(logicalId))
 */
export function readMappings(template: unknown, toFunctionName: (logicalId: string) => string | undefined): Mapping[] {
  const parsed = templateShape.safeParse(template)
  if (!parsed.success) {
    throw new MillraceError('FILE_INVALID', `the template must be CloudFormation's JSON, got ${describeIssues(parsed.error)}`)
  }
  return Object.entries(parsed.data.Resources)
    .filter(([, resource]) => resource.Type === 'AWS::Lambda::EventSourceMapping' && resource.Properties.Topics !== undefined)
    .filter(([, resource]) => resource.Properties.Enabled !== false)
    .map(([logicalId, resource]) => parseMapping(logicalId, resource.Properties, toFunctionName))
}

function parseMapping(
  logicalId: string,
  properties: Readonly<Record<string, unknown>>,
  toFunctionName: (logicalId: string) => string | undefined,
): Mapping {
  const parsed = mappingProperties.safeParse(properties)
  if (!parsed.success) {
    throw new MillraceError('SETTING_INVALID', `event source mapping ${logicalId}: ${describeIssues(parsed.error)}; change it in cdk/`)
  }
  const settings = parsed.data
  const functionName = toFunctionName(settings.FunctionName)
  if (functionName === undefined) {
    throw new MillraceError('SETTING_INVALID', `event source mapping ${logicalId}: function ${settings.FunctionName} is not deployed`)
  }
  return {
    logicalId,
    functionName,
    topic: settings.Topics[0],
    groupId: settings.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId ?? logicalId,
    startsAt: settings.StartingPosition === 'LATEST' ? 'LATEST' : 'TRIM_HORIZON',
    batchSize: settings.BatchSize,
    windowMs: settings.MaximumBatchingWindowInSeconds * 1000,
    maxPollerCount: settings.ProvisionedPollerConfig.MaximumPollers,
    maxRetryCount: settings.MaximumRetryAttempts,
    reportsItemFailures: settings.FunctionResponseTypes.length > 0,
    unfollowed: unfollowedSettings(properties),
  }
}

const describeIssues = (error: z.ZodError) => error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; ')
