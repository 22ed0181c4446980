import { type CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation'

/**
 * Reads the names of a stack's functions by logical id.
 *
 * ListStackResources, since DescribeStackResources ends after 100 resources.
 *
 * @example (await readFunctionNames(client, 'Millrace')).get('InferFunction1A2B') // 'Millrace-InferFunction1A2B-x7'
 */
export async function readFunctionNames(client: CloudFormationClient, stackName: string): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
    for (const { ResourceType, LogicalResourceId, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
      if (ResourceType === 'AWS::Lambda::Function' && LogicalResourceId && PhysicalResourceId)
        names.set(LogicalResourceId, PhysicalResourceId)
    }
  }
  return names
}
