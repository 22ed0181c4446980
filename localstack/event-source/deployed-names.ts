import { type CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation'
import type { DeployedNames } from './mappings.ts'

/** What a stack's resource is called where it is deployed. */
interface DeployedResource {
  readonly type: string
  /** A name, an ARN or a URL, as each service has it. */
  readonly physicalId: string
}

/**
 * Reads what a stack's functions, queues, topics and buckets are called by their logical ids.
 *
 * ListStackResources, since DescribeStackResources ends after 100 resources.
 *
 * @example (await readDeployedNames(client, 'Millrace', clusterArn)).toFunctionName('InferFunction1A2B') // 'Millrace-InferFunction1A2B-x7'
 */
export async function readDeployedNames(client: CloudFormationClient, stackName: string, clusterArn: string): Promise<DeployedNames> {
  const resources = new Map<string, DeployedResource>()
  for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
    for (const { ResourceType: type, LogicalResourceId, PhysicalResourceId: physicalId } of page.StackResourceSummaries ?? []) {
      if (type && LogicalResourceId && physicalId) resources.set(LogicalResourceId, { type, physicalId })
    }
  }
  return toDeployedNames(resources, clusterArn)
}

/** The names of resources; region and account are the cluster's. */
export function toDeployedNames(resources: ReadonlyMap<string, DeployedResource>, clusterArn: string): DeployedNames {
  const [, , , region, account] = clusterArn.split(':')
  return {
    toFunctionName(logicalId) {
      const resource = resources.get(logicalId)
      return resource?.type === 'AWS::Lambda::Function' ? resource.physicalId : undefined
    },
    toArn(logicalId) {
      const { type, physicalId = '' } = resources.get(logicalId) ?? {}
      const name = physicalId.split('/').at(-1) // a queue is known by its URL
      switch (type) {
        case 'AWS::SQS::Queue':
          return `arn:aws:sqs:${region}:${account}:${name}`
        case 'AWS::SNS::Topic':
          return physicalId
        case 'AWS::S3::Bucket':
          return `arn:aws:s3:::${name}`
        default:
          return undefined
      }
    },
  }
}
