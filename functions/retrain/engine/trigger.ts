/** What the end of the engine's job calls retrain with (cdk/spark-engine.ts says so to EventBridge). */
export const engineEnd = 'engine'

/** Whether a call says that the engine's job has ended. @example isEngineEnd({ trigger: 'engine' }) // true */
export function isEngineEnd(event: unknown): boolean {
  return (event as { readonly trigger?: unknown } | undefined)?.trigger === engineEnd
}
