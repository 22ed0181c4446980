import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation'
import { z } from 'zod'
import type { KafkaAuth } from '#functions/adapters/kafka-client.ts'
import { MillraceError } from '#models/errors.ts'
import { readStackOutputs, type StackOutputs } from '../stack-outputs.ts'
import { toStoreFailure } from '../store-failure.ts'

/** A step's reading of one topic. */
export interface StepRead {
  readonly step: string
  readonly topic: string
  /** The consumer group in which Lambda reads for the step. */
  readonly group: string
}

/** What is deployed: the stack's outputs, and what its template says of Kafka. */
export interface Deployment {
  readonly outputs: StackOutputs
  readonly auth: KafkaAuth
  /** In the data's order. */
  readonly reads: readonly StepRead[]
}

const templateShape = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) })),
})
const mappingShape = z.object({
  Topics: z.tuple([z.string()]),
  AmazonManagedKafkaEventSourceConfig: z.object({ ConsumerGroupId: z.string() }),
})
const functionShape = z.object({ Environment: z.object({ Variables: z.object({ KAFKA_AUTH: z.enum(['iam', 'none']) }) }) })

/**
 * Reads how a stack's steps read Kafka from its template: Lambda's own list of mappings would need a call for each function.
 *
 * @throws MillraceError FILE_INVALID for what is no template
 * @example readTemplate(template, 'flights').reads[0] // { step: 'preprocess', topic: 'flights.events', group: 'flights.preprocess.events' }
 */
export function readTemplate(template: unknown, pipeline: string): Pick<Deployment, 'auth' | 'reads'> {
  const parsed = templateShape.safeParse(template)
  if (!parsed.success) throw new MillraceError('FILE_INVALID', 'the stack holds no template of CloudFormation resources')
  const all = Object.values(parsed.data.Resources)
  const reads = all.flatMap(({ Type, Properties }) => {
    const mapping = Type === 'AWS::Lambda::EventSourceMapping' ? mappingShape.safeParse(Properties) : undefined
    if (!mapping?.success) return []
    const { Topics, AmazonManagedKafkaEventSourceConfig } = mapping.data
    const group = AmazonManagedKafkaEventSourceConfig.ConsumerGroupId
    return [{ step: toStep(group, pipeline), topic: Topics[0], group }]
  })
  const auths = all.flatMap(({ Type, Properties }) => {
    const parsedFunction = Type === 'AWS::Lambda::Function' ? functionShape.safeParse(Properties) : undefined
    return parsedFunction?.success ? [parsedFunction.data.Environment.Variables.KAFKA_AUTH] : []
  })
  return { auth: auths[0] ?? 'iam', reads }
}

/** A group is `<pipeline>.<step>.<topic>`. */
function toStep(group: string, pipeline: string): string {
  const [step] = group.startsWith(`${pipeline}.`) ? group.slice(pipeline.length + 1).split('.') : [group]
  return step
}

/**
 * What is deployed under the stack's name.
 *
 * @throws ARGUMENT_INVALID where there is no such stack; STORE_FAILED where AWS does not answer
 */
export async function readDeployment(stackName: string, pipeline: string, client = new CloudFormationClient()): Promise<Deployment> {
  const outputs = await readStackOutputs(stackName, { client })
  try {
    const { TemplateBody = '' } = await client.send(new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Original' }))
    return { outputs, ...readTemplate(JSON.parse(TemplateBody), pipeline) }
  } catch (cause) {
    throw toStoreFailure(`the template of stack ${stackName}`, cause)
  }
}
