import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { maxPayloadBytes } from './msk-event.ts'
import type { InvokeResult } from './outcome.ts'

/** Runs a deployed function once and waits for its answer; a failure is a value, never a throw. */
export type Invoke = (functionName: string, payload: Uint8Array) => Promise<InvokeResult>

/** What the invocation needs of Lambda's client. */
export type LambdaPort = Pick<LambdaClient, 'send'>

/**
 * Makes a Lambda client for deliveries; endpoint, region and keys come from the environment.
 *
 * Connections are kept. The client retries nothing: a batch whose answer was lost comes again by the
 * event source's own rules, where it is counted. `timeoutMs` is to be above the function's longest timeout (15 min on AWS).
 */
export function makeDeliveryClient({ timeoutMs = 930_000 }: { readonly timeoutMs?: number } = {}): LambdaClient {
  return new LambdaClient({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 200 },
    },
  })
}

/**
 * Makes the function that invokes through the Lambda API.
 *
 * @example const result = await makeInvoke(makeDeliveryClient())('infer', payload)
 */
export function makeInvoke(client: LambdaPort): Invoke {
  return async (functionName, payload) => {
    // the emulator takes more than AWS does
    if (payload.length > maxPayloadBytes) {
      return { ok: false, kind: 'service', error: `payload must be at most ${maxPayloadBytes} bytes, got ${payload.length}` }
    }
    try {
      const answer = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: payload }))
      const body = answer.Payload?.length ? answer.Payload.transformToString() : 'null'
      const context = { requestId: answer.$metadata?.requestId, executedVersion: answer.ExecutedVersion }
      if (answer.FunctionError === undefined) return { ok: true, response: parseAnswer(body), ...context }
      return { ok: false, kind: 'function', error: toFunctionError(body), ...context }
    } catch (error) {
      return { ok: false, kind: 'service', error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
    }
  }
}

/** An answer that is not JSON stays text, which settles as malformed. */
function parseAnswer(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

/** Lambda describes a failed function as `{ errorType, errorMessage, trace }`; a timeout may lack the type. */
function toFunctionError(body: string): string {
  const { errorType = 'Error', errorMessage = body } = (parseAnswer(body) ?? {}) as { errorType?: string; errorMessage?: string }
  return `${errorType}: ${errorMessage}`.slice(0, 1000)
}
