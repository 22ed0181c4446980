import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { withDeadline } from './deadline.ts'
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

/** How long the work may take, how long each of three tries to answer, and the pause between them: together less than the function's timeout. */
interface Patience {
  readonly workMs: number
  readonly answerMs: number
  readonly pauseMs: number
}

const patience: Patience = { workMs: 90_000, answerMs: 7_000, pauseMs: 1_000 }
const answerTries = 3

/**
 * A Lambda handler for a resource of CloudFormation that we make: `apply` brings what the properties say, at creation and at each change.
 *
 * Answers whatever happens, since a deployment waits for one that does not: work that takes too long is answered as failed, well before
 * Lambda ends the function, and an answer that does not arrive is sent again. A deletion is answered and does nothing.
 *
 * @throws Error where S3 does not take the answer; Lambda then calls once more
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
export function customResource(
  name: string,
  apply: (properties: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, readonly string[]>>>,
  { workMs, answerMs, pauseMs }: Patience = patience,
): (event: unknown) => Promise<void> {
  return async event => {
    const request = requestShape.parse(event)
    const outcome =
      request.RequestType === 'Delete'
        ? { ok: true as const }
        : await attempt(() => withDeadline(apply(request.ResourceProperties), workMs))
    log({ step: name, request: request.RequestType, ...(outcome.ok ? toFields(outcome.value) : { reason: outcome.reason }) })
    const answer = {
      Status: outcome.ok ? 'SUCCESS' : 'FAILED',
      ...(outcome.ok ? {} : { Reason: outcome.reason }),
      PhysicalResourceId: request.PhysicalResourceId ?? name,
      StackId: request.StackId,
      RequestId: request.RequestId,
      LogicalResourceId: request.LogicalResourceId,
    }
    await sendAnswer(request.ResponseURL, JSON.stringify(answer), { answerMs, pauseMs })
  }
}

async function sendAnswer(url: string, body: string, { answerMs, pauseMs }: Pick<Patience, 'answerMs' | 'pauseMs'>): Promise<void> {
  for (let left = answerTries - 1; ; left--) {
    try {
      const { status } = await fetch(url, { method: 'PUT', body, signal: AbortSignal.timeout(answerMs) })
      if (status < 300) return
      throw new Error(String(status))
    } catch (cause) {
      if (left === 0) throw new Error(`CloudFormation did not take the answer: ${(cause as Error).message}`, { cause })
      await sleep(pauseMs)
    }
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
