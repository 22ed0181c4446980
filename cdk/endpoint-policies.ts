import { AnyPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Aws, Fn, type Stack } from 'aws-cdk-lib/core'
import { httpSteps, kafkaSteps } from './steps.ts'
import type { StoreName, Stores } from './stores.ts'

/** The endpoints of a VPC that is made. */
export type EndpointName = 'S3' | 'DynamoDb' | 'Kafka' | 'Sns' | 'Lambda' | 'Sts'

/** Where pollers put what is given up. */
const pollerUses: readonly [StoreName, readonly string[]][] = [['FAILURES_BUCKET', ['s3:ListBucket', 's3:PutObject']]]

const anybody = [new AnyPrincipal()]
const ofThisAccount = { StringEquals: { 'aws:PrincipalAccount': Aws.ACCOUNT_ID } }

/**
 * What each endpoint lets through: the actions that the rows of the steps in the VPC name, on the stores of this stack, for roles of this
 * account. Code that runs in the VPC can carry nothing to a bucket, a table or a topic of somebody else, whatever keys it was given.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
 */
export function endpointStatements(stack: Stack, stores: Stores): Record<EndpointName, PolicyStatement[]> {
  const uses = [
    ...[...httpSteps, ...kafkaSteps].flatMap(step => Object.entries(step.uses) as [StoreName, readonly string[]][]),
    ...pollerUses,
  ]
  const onStores = (ending: string) => {
    const names = [...new Set(uses.map(([name]) => name))].filter(name => name.endsWith(ending))
    return names.map(name => {
      const { arn, indexArn } = stores.byName[name]
      const actions = new Set(uses.flatMap(([used, actions]) => (used === name ? actions : [])))
      const resources = ending === '_BUCKET' ? [arn, `${arn}/*`] : [arn, ...(indexArn === undefined ? [] : [indexArn])]
      return new PolicyStatement({ principals: anybody, actions: [...actions].sort(), resources, conditions: ofThisAccount })
    })
  }
  return {
    S3: [...onStores('_BUCKET'), answerStatement()],
    DynamoDb: onStores('_TABLE'),
    Sns: onStores('_TOPIC_ARN'),
    Kafka: [
      new PolicyStatement({
        principals: anybody,
        actions: ['kafka:GetBootstrapBrokers'],
        // By its name, which is the stack's: the endpoint need not wait for the brokers
        resources: [stack.formatArn({ service: 'kafka', resource: 'cluster', resourceName: `${stack.stackName}/*` })],
        conditions: ofThisAccount,
      }),
    ],
    Lambda: [pollerStatement('lambda:InvokeFunction')],
    Sts: [pollerStatement('sts:AssumeRole')],
  }
}

/**
 * What pollers on demand do. They come as Lambda itself, and AWS asks for every resource here.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html
 */
const pollerStatement = (action: string) =>
  new PolicyStatement({ principals: [new ServicePrincipal('lambda.amazonaws.com')], actions: [action], resources: ['*'] })

/**
 * Where the function that makes topics answers CloudFormation: a bucket of AWS in each region, by an address that CloudFormation has signed.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-vpce-bucketnames.html
 */
function answerStatement(): PolicyStatement {
  const region = Fn.join('', Fn.split('-', Aws.REGION))
  return new PolicyStatement({
    principals: anybody,
    actions: ['s3:PutObject'],
    resources: [`arn:${Aws.PARTITION}:s3:::cloudformation-custom-resource-response-${region}/*`],
  })
}
