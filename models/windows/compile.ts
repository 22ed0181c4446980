import type { UntypedDefinition } from '../definition.ts'
import { checkFieldName, checkFields } from '../definition-checks.ts'
import { checkPositive, refuse } from '../refuse.ts'
import { topicSuffixes } from '../topics.ts'
import { checkAggregates, checkLateness } from './check.ts'
import { planWindows, repeatJoin } from './plan.ts'
import type { JoinPlan, WindowPlan, WindowSource } from './window-plan.ts'

type Payload = Readonly<Record<string, unknown>>
type Inputs = NonNullable<UntypedDefinition['inputs']>

/** Names that a definition's own topics have. */
const takenNames = [...topicSuffixes, 'decisions']

/** What names of topics come to where upper case and dashes are not told apart: tables of the archive, resources of the stack. */
const toPlain = (name: string) => name.toLowerCase().replaceAll('-', '')

/**
 * Checks and compiles all of a definition that remembers: aggregates, inputs, repeats. Undefined where there is none of it.
 *
 * @throws MillraceError DEFINITION_INVALID
 */
export function compileWindows(definition: UntypedDefinition): WindowPlan | undefined {
  const { aggregates = {}, inputs = {}, lateness, time, id, label, clean, revision } = definition
  for (const [name, input] of Object.entries(inputs)) checkInput(name, input, definition, Object.keys(inputs))
  const sources: WindowSource[] = [
    { name: 'events', timeOf: (event: Payload) => event[time] as number },
    { name: 'labels', timeOf: (payload: Payload) => payload[label.time] as number },
    ...Object.entries(inputs).map(([name, input]) => ({ name, timeOf: timeOf(input) })),
  ]
  const joins = Object.entries(inputs).flatMap(([name, input]) => {
    const source = sources.findIndex(known => known.name === name)
    return toJoin(name, source, input)
  })
  if (clean?.repeatsWithinMs !== undefined) joins.push(toRepeatJoin(id, clean.repeatsWithinMs))
  if (Object.keys(aggregates).length === 0 && joins.length === 0) return undefined
  const countable = sources.map(({ name }) => name).filter(name => !('table' in (inputs[name] ?? {})))
  return planWindows(checkAggregates(aggregates as never, countable), sources, checkLateness(lateness), joins, revision)
}

/** A table has no clock, and no record of it is late. */
function timeOf(input: Inputs[string]): WindowSource['timeOf'] {
  return 'table' in input ? () => 0 : record => record[input.time] as number
}

function toJoin(name: string, source: number, input: Inputs[string]): JoinPlan[] {
  const kept = { name, source, afterMs: 0, row: (record: Payload) => record, fields: Object.keys(input.fields) }
  if ('table' in input) return [{ ...kept, read: input.read as JoinPlan['read'], beforeMs: Number.POSITIVE_INFINITY }]
  if (!input.join) return []
  const { by, read, withinMs } = input.join
  return [{ ...kept, by: by as JoinPlan['read'], read: read as JoinPlan['read'], beforeMs: withinMs }]
}

/** A repeat is an event that joins with an earlier one of its id. */
function toRepeatJoin(id: string, withinMs: number): JoinPlan {
  checkPositive('clean.repeatsWithinMs', withinMs)
  const read = (event: Payload) => String(event[id])
  return { name: repeatJoin, source: 0, by: read, read, beforeMs: withinMs, afterMs: withinMs, row: () => 1 }
}

function checkInput(name: string, input: Inputs[string], { lookups = {} }: UntypedDefinition, names: readonly string[]): void {
  const part = `inputs.${name}`
  if (!/^[a-z][a-z0-9-]{0,39}$/i.test(name)) refuse(part, 'be named with 1 to 40 letters, digits or dashes and begin with a letter', name)
  const others = [...takenNames, ...names.filter(other => other !== name)].map(toPlain)
  if (others.includes(toPlain(name)) || Object.hasOwn(lookups, name)) {
    refuse(part, 'have a name that no topic and no lookup has, upper case and dashes left aside', name)
  }
  checkFields(`${part}.fields`, input.fields)
  if ('table' in input) {
    if (input.table !== true) refuse(`${part}.table`, 'be true or absent', input.table)
    if (typeof input.read !== 'function') refuse(`${part}.read`, 'be a function of the event', input.read)
    return
  }
  checkFieldName(`${part}.time`, input.time, input.fields)
  if (!input.join) return
  if (typeof input.join.by !== 'function') refuse(`${part}.join.by`, 'be a function of the record', input.join.by)
  if (typeof input.join.read !== 'function') refuse(`${part}.join.read`, 'be a function of the event', input.join.read)
  checkPositive(`${part}.join.withinMs`, input.join.withinMs)
}
