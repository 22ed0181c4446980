import { Match, Template } from 'aws-cdk-lib/assertions'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { App } from 'aws-cdk-lib/core'
import { parseSettings } from '../../cdk/settings.ts'
import { MillraceStack } from '../../cdk/stack.ts'

export const existingArn = 'arn:aws:kafka:eu-central-1:111122223333:cluster/existing/00000000-0000-0000-0000-000000000000-1'

/** A resource as it stands in the template. */
export interface Resource {
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
}

/** The template of a stack with these settings; the code is a stand-in, so nothing is bundled. */
export function synthesize(context: Readonly<Record<string, unknown>>, everyMs = 3_600_000): Template {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false }) // npm run synth validates; here it would take ten seconds
  const stack = new MillraceStack(app, {
    pipeline: { name: 'flights', retrain: { everyMs } },
    settings: parseSettings(context),
    codeOf: step => lambda.Code.fromInline(`exports.handler = async () => '${step}'`),
  })
  return Template.fromStack(stack)
}

export function resourcesOf(template: Template, type: string): Resource[] {
  return Object.values(template.findResources(type)) as unknown as Resource[]
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
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

export const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T])

/** The actions of one service that a step may call, sorted. */
export function actionsOf(template: Template, step: string, service: string): string[] {
  const actions = findStep(template, step).statements.flatMap(statement => list(statement.Action))
  return [...new Set(actions.filter(action => action.startsWith(`${service}:`)))].sort()
}

/** The last parts of the ARNs that a step holds a Kafka data action for: the names of topics or groups. */
export function kafkaNames(template: Template, step: string, action: string): string[] {
  const granting = findStep(template, step).statements.filter(statement => list(statement.Action).includes(`kafka-cluster:${action}`))
  return granting.flatMap(statement => list(statement.Resource).map(arn => String(arn).split('/').at(-1)!)).sort()
}
