import { MillraceError } from '#models/errors.ts'
import type { InputPlan, Pipeline } from '#models/pipeline-compiler.ts'
import { topicsOf } from '#models/topics.ts'
import type { InputEntry, InputHistory } from './input-history.ts'

/** What is known of all inputs, merged by time. */
export interface InputFeed {
  /** When the next record is known; Infinity after the last. */
  readonly nextMs: number
  /** Gives that record. */
  take(): Promise<InputEntry>
}

/** The inputs of a definition that its windows or joins keep something of. */
export function fedInputs(pipeline: Pick<Pipeline, 'name' | 'inputs' | 'windows'>): InputPlan[] {
  const kept = topicsOf(pipeline).flatMap(({ suffix, feedsWindows }) => (feedsWindows ? [suffix] : []))
  return pipeline.inputs.filter(({ name }) => kept.includes(name))
}

/**
 * The names of the inputs that features hang on and that are not given.
 *
 * @throws MillraceError ARGUMENT_INVALID where there are some and it was not said that they are left out
 */
export function findMissingInputs(
  pipeline: Pick<Pipeline, 'name' | 'inputs' | 'windows'>,
  { given, mayMiss }: { readonly given: readonly string[]; readonly mayMiss: boolean },
): string[] {
  const missing = fedInputs(pipeline).flatMap(({ name }) => (given.includes(name) ? [] : [name]))
  if (missing.length === 0 || mayMiss) return missing
  const flags = missing.map(name => `--input ${name}=FILE`).join(' ')
  const message = `features of ${pipeline.name} hang on ${missing.join(', ')}: add ${flags}, or --without-inputs to leave them null`
  throw new MillraceError('ARGUMENT_INVALID', message)
}

/** Reads the first record of each input. */
export async function openInputFeed(inputs: readonly InputHistory[]): Promise<InputFeed> {
  const heads: { readonly entries: AsyncIterator<InputEntry>; entry: InputEntry }[] = []
  for (const input of inputs) {
    const entries = input.entries[Symbol.asyncIterator]()
    const { done, value } = await entries.next()
    if (!done) heads.push({ entries, entry: value })
  }
  const nextOf = () => heads.reduce((first, { entry: { atMs } }) => Math.min(first, atMs), Number.POSITIVE_INFINITY)
  let nextMs = nextOf()
  return {
    get nextMs() {
      return nextMs
    },
    async take() {
      const at = heads.findIndex(({ entry }) => entry.atMs === nextMs)
      const head = heads[at]
      const { entry } = head
      const { done, value } = await head.entries.next()
      if (done) heads.splice(at, 1)
      else head.entry = value
      nextMs = nextOf()
      return entry
    },
  }
}
