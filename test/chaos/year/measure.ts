import type { Cloud, Usage } from './cloud.ts'
import { type Invocation, openFunction } from './lambda-function.ts'

/** A function under measure, with what its row of cdk/steps.ts gives it. */
export interface Measured {
  readonly folder: string
  readonly step: { readonly memoryMb: number; readonly timeoutSec: number; readonly diskMb?: number }
  readonly env: Readonly<Record<string, string>>
}

/** What some invocations of a function took in all, and what they asked of AWS. */
export interface Phase {
  readonly invocations: number
  /** The longest of them, as Lambda would have run it. */
  readonly secondsAtMost: number
  readonly wallSecondsAtMost: number
  readonly cpuSeconds: number
  readonly failed: number
  readonly errors: readonly string[]
  readonly usage: Usage
  readonly answer?: unknown
}

/** Memory with which Lambda gives a function one vCPU; the share follows the memory. */
const vcpuMb = 1_769
/** A run on a machine that others use may take longer than Lambda's timeout; what it would take there is judged by `toSeconds`. */
const patience = 10

/**
 * Seconds on Lambda, about: without the time that the process' threads stood ready and had no core, and not shorter than its CPU time on the share of
 * cores that its memory buys. On a quiet machine it is the wall time.
 */
export function toSeconds({ wallMs, cpuMs, queuedMs }: Pick<Invocation, 'wallMs' | 'cpuMs' | 'queuedMs'>, memoryMb: number): number {
  return Math.max(wallMs - queuedMs, (cpuMs * vcpuMb) / memoryMb) / 1_000
}

/** Runs one function: `use` is given what invokes it, and gives its phases. */
export async function measureFunction<Phases>(
  cloud: Cloud,
  { folder, step, env }: Measured,
  use: (invoke: (payloads: Iterable<string>) => Promise<Phase>) => Promise<Phases>,
): Promise<{ readonly phases: Phases; readonly peakMb: number; readonly diskMb: number }> {
  const lambda = openFunction(folder, { memoryMb: step.memoryMb, timeoutSec: step.timeoutSec * patience, env })
  let peakMb = 0
  try {
    const phases = await use(async payloads => {
      cloud.takeUsage()
      const all: Invocation[] = []
      for (const payload of payloads) all.push(await lambda.invoke(payload))
      peakMb = Math.max(peakMb, ...all.map(invocation => invocation.peakMb))
      return {
        invocations: all.length,
        secondsAtMost: Math.max(...all.map(invocation => toSeconds(invocation, step.memoryMb))),
        wallSecondsAtMost: Math.max(...all.map(({ wallMs }) => wallMs / 1_000)),
        cpuSeconds: all.reduce((sum, { cpuMs }) => sum + cpuMs / 1_000, 0),
        failed: all.reduce((sum, { failed }) => sum + failed, 0),
        errors: [...new Set(all.flatMap(({ error }) => error ?? []))],
        usage: cloud.takeUsage(),
        answer: all.at(-1)?.answer,
      }
    })
    return { phases, peakMb, diskMb: lambda.diskMb() }
  } finally {
    await lambda.stop()
  }
}
