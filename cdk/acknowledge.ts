import { Stack, Validations } from 'aws-cdk-lib/core'
import type { IConstruct } from 'constructs'

/**
 * Says why a finding of cdk-nag under this construct is as it should be.
 *
 * `finding` is the full id, such as `IAM5[Resource::*]`; nothing but that finding is passed over.
 */
export function acknowledge(scope: IConstruct, finding: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions::AwsSolutions-${finding}`, reason })
}

/**
 * Says why a role may act on every resource that a pattern matches; cdk-nag asks for a reason for each pattern.
 *
 * @example acknowledgeWildcard(role, `${bucketArn}/events/*`, 'the names of objects are not known before')
 */
export function acknowledgeWildcard(role: IConstruct, resource: string, reason: string): void {
  acknowledge(role, `IAM5[Resource::${toFinding(Stack.of(role).resolve(resource))}]`, reason)
}

type Resolved =
  | string
  | { readonly 'Fn::GetAtt': readonly [string, string] }
  | { readonly 'Fn::Join': readonly [string, readonly Resolved[]] }

/** A resource as cdk-nag writes it: `<LogicalId.Arn>/prefix/*`. */
function toFinding(resource: Resolved): string {
  if (typeof resource === 'string') return resource
  if ('Fn::GetAtt' in resource) return `<${resource['Fn::GetAtt'].join('.')}>`
  const [separator, parts] = resource['Fn::Join']
  return parts.map(toFinding).join(separator)
}
