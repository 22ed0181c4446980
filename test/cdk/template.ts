import { Match, Template } from 'aws-cdk-lib/assertions'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { App } from 'aws-cdk-lib/core'
import { parseSettings } from '../../cdk/settings.ts'
import { type Deployable, MillraceStack } from '../../cdk/stack.ts'
import type { TopicPlan } from '../../cdk/topics.ts'

export const flights = {
  name: 'flights',
  features: [
    { name: 'distanceLog', kind: 'number' },
    { name: 'origin', kind: 'category' },
  ],
  inputs: [],
  windows: { sources: [{ name: 'labels', rings: ['an hour'], joins: [] }] },
  layer: {},
} as const

/** The same with a table, a stream, and a stream of which no window and no join keeps anything; labels feed no window here. */
export const withInputs = {
  ...flights,
  inputs: [
    { name: 'gates', isTable: true },
    { name: 'windReports', isTable: false },
    { name: 'unused', isTable: false },
  ],
  windows: {
    sources: [
      { name: 'labels', rings: [], joins: [] },
      { name: 'gates', rings: [], joins: ['gates'] },
      { name: 'windReports', rings: ['an hour'], joins: [] },
      { name: 'unused', rings: [], joins: [] },
    ],
  },
} as const

export const existingArn = 'arn:aws:kafka:eu-central-1:111122223333:cluster/existing/00000000-0000-0000-0000-000000000000-1'

export const sparkImage = '111122223333.dkr.ecr.eu-central-1.amazonaws.com/millrace-spark:1'

/** A resource as it stands in the template. */
export interface Resource {
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
  readonly Condition?: string
}

/** The template of a stack with these settings; the code is a stand-in, so nothing is bundled. */
export function synthesize(
  context: Readonly<Record<string, unknown>>,
  everyMs = 3_600_000,
  pipeline: Omit<Deployable, 'retrain'> = flights,
  engine: 'lambda' | 'spark' = 'lambda',
): Template {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false }) // npm run synth validates; here it would take ten seconds
  const stack = new MillraceStack(app, {
    pipeline: { ...pipeline, retrain: { everyMs, engine } },
    settings: parseSettings(context, { isEmulator: true }), // an existing cluster needs no VPC there
    codeOf: step => lambda.Code.fromInline(`exports.handler = async () => '${step}'`),
  })
  return Template.fromStack(stack)
}

export function resourcesOf(template: Template, type: string): Resource[] {
  return Object.values(template.findResources(type)) as unknown as Resource[]
}

/** The topics that the function makes, as it is asked for them. */
export function topicPlansOf(template: Template): TopicPlan[] {
  return resourcesOf(template, 'Custom::KafkaTopics').flatMap(({ Properties }) => JSON.parse(String(Properties.Topics)))
}

/** A function of the template with its role's statements, by the step's name. */
export function findStep(template: Template, step: string) {
  const [[id, found]] = Object.entries(template.findResources('AWS::Lambda::Function', { Properties: { Description: `flights: ${step}` } }))
  const role = found.Properties.Role['Fn::GetAtt'][0] as string
  const policies = template.findResources('AWS::IAM::Policy', { Properties: { Roles: Match.arrayWith([{ Ref: role }]) } })
  const statements: Statement[] = Object.values(policies).flatMap(policy => policy.Properties.PolicyDocument.Statement)
  const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping', { Properties: { FunctionName: { Ref: id } } }))
  return { id, properties: found.Properties, statements, mappings: mappings.map(mapping => mapping.Properties) }
}

interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: unknown
}

export const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T])

/** The actions of one service that a step may call, sorted. */
export function actionsOf(template: Template, step: string, service: string): string[] {
  const actions = findStep(template, step).statements.flatMap(statement => list(statement.Action))
  return [...new Set(actions.filter(action => action.startsWith(`${service}:`)))].sort()
}

/**
 * Everything that a step may do: the resources of each action, sorted, in short form: `*`, `cluster`, `topic/<name>`, `group/<name>`, or the
 * construct's id and path, such as `ModelBucket/bundles/flights/*`.
 */
export function grantsOf(template: Template, step: string): Record<string, string[]> {
  const grants: Record<string, string[]> = {}
  for (const { Effect, Action, Resource } of findStep(template, step).statements) {
    if (Effect === 'Allow')
      for (const action of list(Action)) grants[action] = [...(grants[action] ?? []), ...list(Resource).map(toShort)].sort()
  }
  return Object.fromEntries(Object.entries(grants).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** The short form of a resource; ARNs of a cluster that is made are joined of parts. */
export function toShort(resource: unknown): string {
  const text = JSON.stringify(resource)
  const inCluster = /:(topic|group)\/.*\/([\w.-]+)"/.exec(text)
  if (inCluster) return `${inCluster[1]}/${inCluster[2]}`
  if (/^"arn:aws:kafka:.*:cluster\//.test(text) || /ClusterBrokers\w*"/.test(text)) return 'cluster'
  const [, id] = /"(?:Stores|\w*Step)?(\w+?)[0-9A-F]{8}"/.exec(text) ?? []
  const [, path = ''] = /\]\},"(\/[^"]*)"/.exec(text) ?? []
  return id === undefined ? String(resource) : `${id}${path}`
}
