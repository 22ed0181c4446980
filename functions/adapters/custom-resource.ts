import { z } from 'zod'
import { log } from './log.ts'

const requestShape = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
  ResourceProperties: z.record(z.string(), z.unknown()),
})

/**
 * A Lambda handler for a resource of CloudFormation that we make: `apply` brings what the properties say, at creation and at each change.
 *
 * Always answers, since a deployment waits an hour for one that does not. A deletion is answered and does nothing.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
export function customResource(
  name: string,
  apply: (properties: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, readonly string[]>>>,
): (event: unknown) => Promise<void> {
  return async event => {
    const request = requestShape.parse(event)
    const outcome = request.RequestType === 'Delete' ? { ok: true as const } : await attempt(() => apply(request.ResourceProperties))
    log({ step: name, request: request.RequestType, ...(outcome.ok ? toFields(outcome.value) : { reason: outcome.reason }) })
    const answer = {
      Status: outcome.ok ? 'SUCCESS' : 'FAILED',
      ...(outcome.ok ? {} : { Reason: outcome.reason }),
      PhysicalResourceId: request.PhysicalResourceId ?? name,
      StackId: request.StackId,
      RequestId: request.RequestId,
      LogicalResourceId: request.LogicalResourceId,
    }
    const { status } = await fetch(request.ResponseURL, { method: 'PUT', body: JSON.stringify(answer) })
    if (status >= 300) throw new Error(`CloudFormation did not take the answer: ${status}`)
  }
}

type Outcome =
  | { readonly ok: true; readonly value?: Readonly<Record<string, readonly string[]>> }
  | { readonly ok: false; readonly reason: string }

async function attempt(apply: () => Promise<Readonly<Record<string, readonly string[]>>>): Promise<Outcome> {
  try {
    return { ok: true, value: await apply() }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

const toFields = (value: Readonly<Record<string, readonly string[]>> = {}) =>
  Object.fromEntries(Object.entries(value).map(([field, names]) => [field, names.join(',')]))
