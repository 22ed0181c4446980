import type { InvokeCommandOutput } from '@aws-sdk/client-lambda'
import { type Invoke, type LambdaPort, makeDeliveryClient, makeInvoke } from '../../../localstack/event-source/invoke.ts'

/** What infer's invocations were given, and what it reported. */
export interface InferWatch {
  /** Hand it to `startSystem`. */
  readonly wrapInvoke: (invoke: Invoke) => Invoke
  /** The ids of each invocation that succeeded. */
  invocations(): readonly (readonly string[])[]
  /** Why infer refused a version; undefined where it has not. */
  refusalOf(version: string): string | undefined
  /** Versions that infer refused. */
  refused(): readonly string[]
}

interface Refusal {
  readonly step?: string
  readonly kind?: string
  readonly version?: string | null
  readonly reason?: string
}

/** Stands between the event source and infer: notes the ids of each batch, and reads infer's log from its answer. */
export function watchInfer(openClient: () => LambdaPort = makeDeliveryClient): InferWatch {
  const batches: (readonly string[])[] = []
  const refusals = new Map<string, string>()
  const readLog = (log: string) => {
    for (const { step, kind, version, reason = '' } of log.split('\n').map(parseLine)) {
      if (step === 'infer' && kind === 'refused' && version) refusals.set(version, reason)
    }
  }
  return {
    wrapInvoke(invoke) {
      const invokeInfer = makeInvoke(withLog(openClient(), readLog))
      return async (functionName, payload) => {
        if (!/Infer/.test(functionName)) return invoke(functionName, payload)
        const ids = readIds(payload)
        const result = await invokeInfer(functionName, payload)
        if (result.ok) batches.push(ids)
        return result
      }
    },
    invocations: () => batches,
    refusalOf: version => refusals.get(version),
    refused: () => [...refusals.keys()],
  }
}

/** A client that asks Lambda for the end of each invocation's log, at most 4 kB. */
function withLog(client: LambdaPort, onLog: (log: string) => void): LambdaPort {
  const send = async (command: { readonly input: { LogType?: string } }) => {
    command.input.LogType = 'Tail'
    const answer = (await client.send(command as never)) as InvokeCommandOutput
    onLog(Buffer.from(answer.LogResult ?? '', 'base64').toString())
    return answer
  }
  return { send: send as LambdaPort['send'] }
}

/** A line of JSON; nothing for any other line, the platform's own or one that the end of the log begins within. */
function parseLine(line: string): Refusal {
  try {
    return Object(JSON.parse(line))
  } catch {
    return {}
  }
}

/** The ids of a batch of features. */
function readIds(payload: Uint8Array): string[] {
  const { records } = JSON.parse(Buffer.from(payload).toString()) as {
    readonly records: Readonly<Record<string, { readonly value: string }[]>>
  }
  return Object.values(records).flatMap(partition =>
    partition.map(({ value }) => (JSON.parse(Buffer.from(value, 'base64').toString()) as { readonly id: string }).id),
  )
}
