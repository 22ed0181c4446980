import { type CloudFormationClient, DescribeStacksCommand, GetTemplateCommand } from '@aws-sdk/client-cloudformation'
import { type Needs, readNeeds } from './needs.ts'

/** Stacks that are no more than a name: the first deployment was rolled back, or waits for its change set. */
const holdsNothing: ReadonlySet<string> = new Set(['ROLLBACK_COMPLETE', 'REVIEW_IN_PROGRESS', 'DELETE_COMPLETE'])

/** What the stack holds already; nothing where it is not there, and where nobody can say: a first deployment is what preflight is for. */
export async function readHeld(client: Pick<CloudFormationClient, 'send'>, stackName: string, region: string): Promise<Needs | undefined> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }))
    if (!stack || holdsNothing.has(String(stack.StackStatus))) return undefined
    const { TemplateBody = '' } = await client.send(new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Original' }))
    return readNeeds(JSON.parse(TemplateBody), region)
  } catch {
    return undefined
  }
}
