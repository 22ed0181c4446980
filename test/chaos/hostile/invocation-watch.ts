import type { Invoke } from '../../../localstack/event-source/invoke.ts'

/** What went wrong with invocations. */
export interface InvocationWatch {
  /** Hand it to `startSystem`. */
  readonly wrapInvoke: (invoke: Invoke) => Invoke
  /** Function processes that died under an invocation, or were ended because it took too long. */
  deaths(): number
  /** How often invocations failed, by function and error. */
  failures(): ReadonlyMap<string, number>
}

/** MiniStack's and LocalStack's words for a process that is gone, and Lambda's own. */
const deathWords = /Worker process died|Worker returned no response|Runtime exited|Runtime\.ExitError|timed out/

/** Stands between the event source and the functions, and looks on. */
export function watchInvocations(): InvocationWatch {
  const failures = new Map<string, number>()
  let deaths = 0
  return {
    wrapInvoke: invoke => async (functionName, payload) => {
      const result = await invoke(functionName, payload)
      if (result.ok || result.kind === 'recut') return result
      const name = `${functionName}: ${result.error.slice(0, 300)}`
      failures.set(name, (failures.get(name) ?? 0) + 1)
      if (deathWords.test(result.error)) deaths++
      return result
    },
    deaths: () => deaths,
    failures: () => failures,
  }
}
