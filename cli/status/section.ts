import { withDeadline } from '#functions/adapters/deadline.ts'

/** One part of the status: what was read, or why it could not be. A part that cannot be reached stops none of the others. */
export type Section<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string }

/** Reads a part; after the deadline it counts as unreachable. @example await readSection(readTopics(admin, names), 15_000) */
export async function readSection<T>(work: Promise<T>, deadlineMs: number): Promise<Section<T>> {
  try {
    return { ok: true, value: await withDeadline(work, deadlineMs) }
  } catch (error) {
    return { ok: false, reason: (error as Error).message }
  }
}
