import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Aws } from 'aws-cdk-lib/core'

/**
 * A service of AWS that may take a role on behalf of this account's own resources and nobody else's: who knows the role's ARN could else have
 * the service act with it for them.
 *
 * The steps' own roles do without: Lambda takes a role for functions whose maker may pass it (iam:PassRole), which no other account can.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 * @example servicePrincipal('scheduler', 'arn:aws:scheduler:us-east-1:111122223333:schedule-group/default')
 */
export function servicePrincipal(service: string, sourceArn: string): ServicePrincipal {
  return new ServicePrincipal(`${service}.amazonaws.com`, {
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID }, ArnLike: { 'aws:SourceArn': sourceArn } },
  })
}
