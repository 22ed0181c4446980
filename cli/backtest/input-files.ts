import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { openRows } from '../read-rows.ts'
import { fedInputs } from './input-feed.ts'
import { defaultKeyColumn, type InputHistory, readInput } from './input-history.ts'

/** What was said of the files of inputs, by the name of the input. */
export interface InputFlags {
  readonly input?: ReadonlyMap<string, string>
  readonly inputKey?: ReadonlyMap<string, string>
  readonly inputTime?: ReadonlyMap<string, string>
  /** Columns to keep as text: of an input `<input>.<column>`, of the data the column alone. */
  readonly text?: readonly string[]
}

/**
 * Opens the file of each input that one was given for.
 *
 * @throws MillraceError ARGUMENT_INVALID for an input that the definition does not have, a key of what is no table, a file that is not there
 */
export async function openInputs(
  pipeline: Pipeline,
  { input = new Map(), inputKey = new Map(), inputTime = new Map(), text = [] }: InputFlags,
  options: { readonly isSorted: boolean },
): Promise<InputHistory[]> {
  const inputs = fedInputs(pipeline)
  const given = inputs.filter(({ name }) => input.has(name))
  checkNames('--input', input, inputs)
  checkNames('--input-key', inputKey, given.filter(isTable))
  checkNames('--input-time', inputTime, given)
  const histories: InputHistory[] = []
  for (const { name, isTable } of given) {
    const file = input.get(name)!
    const keyColumn = inputKey.get(name) ?? defaultKeyColumn
    const { rows } = await openRows(file, {
      textColumns: textOfInput(text, name),
      textIfThere: isTable ? [keyColumn] : [],
      flag: '--input',
    })
    histories.push(readInput(pipeline, { name, file, rows, keyColumn, timeColumn: inputTime.get(name) }, options))
  }
  return histories
}

/** The columns to keep as text that are not of an input that was given. */
export function textOfData(text: readonly string[], { input = new Map() }: InputFlags): string[] {
  const prefixes = [...input.keys()].map(name => `${name}.`)
  return text.filter(column => !prefixes.some(prefix => column.startsWith(prefix)))
}

function textOfInput(text: readonly string[], name: string): string[] {
  const prefix = `${name}.`
  return text.filter(column => column.startsWith(prefix)).map(column => column.slice(prefix.length))
}

const isTable = (input: Pipeline['inputs'][number]) => input.isTable

function checkNames(flag: string, given: ReadonlyMap<string, string>, inputs: Pipeline['inputs']): void {
  const allowed = inputs.map(({ name }) => name)
  const unknown = [...given.keys()].find(name => !allowed.includes(name))
  if (unknown === undefined) return
  const choice = allowed.length > 0 ? `name one of ${allowed.join(', ')}` : 'be left out: there is nothing that it may name'
  throw new MillraceError('ARGUMENT_INVALID', `${flag} must ${choice}, got '${unknown}'`)
}
