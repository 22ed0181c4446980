import type { ProgressStream } from './progress.ts'

/** Where a command writes, and what ends it early. */
export interface Terminal {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: ProgressStream
  readonly signal: AbortSignal
}
