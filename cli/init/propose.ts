import { MillraceError } from '#models/errors.ts'
import { toCount } from '../progress.ts'
import { type CellKind, toCellKind, withReader } from './cell-kind.ts'
import { chooseFeatures, type FeatureColumn } from './choose-features.ts'
import { chooseId, type IdChoice } from './choose-id.ts'
import { chooseLabel, type LabelChoice } from './choose-label.ts'
import { chooseTime, type TimeChoice } from './choose-time.ts'
import type { ClockProfile, ColumnProfile } from './column-profile.ts'
import { type FileProfile, findColumn } from './file-profile.ts'
import type { Note } from './notes.ts'
import { type Schedule, toRowSchedule, toSchedule } from './schedule.ts'
import { makeFeatureNames, toAccess, toText } from './source-text.ts'

/** Columns that a backtest supplies where the file has none (cli/backtest/history.ts): the row's number, and a second a row. */
const rowIdColumn = 'rowId'
const rowTimeColumn = 'rowAtMs'

/** A property of the definition's source: its name and the expression. */
export interface Entry {
  readonly name: string
  readonly source: string
}

/** Everything that the written definition says, and what was not sure about it. */
export interface Proposal {
  readonly name: string
  readonly question: string
  readonly event: readonly Entry[]
  readonly id: string
  readonly time: string
  readonly features: readonly Entry[]
  readonly labelFields: readonly Entry[]
  readonly isPositive: string
  /** What `history` sets beside the row's own columns. */
  readonly history: readonly Entry[]
  readonly schedule: Schedule
  readonly label: { readonly column: string; readonly meaning: string; readonly positiveCount: number; readonly negativeCount: number }
  /** False where the event's time goes back between rows. */
  readonly isSorted: boolean
  readonly leftOut: readonly { readonly column: string; readonly why: string }[]
  readonly notes: readonly Note[]
}

export interface ProposeOptions {
  readonly name: string
  readonly file: string
  readonly id?: string | undefined
  readonly time?: string | undefined
  readonly positive?: string | undefined
  readonly positiveAbove?: number | undefined
}

/**
 * A definition for a file, from what its columns hold.
 *
 * @throws MillraceError where the label, the id or the time cannot be what was asked for, or nothing is left to learn from
 */
export function propose(profile: FileProfile, options: ProposeOptions): Proposal {
  const { rowCount, columns } = profile
  const label = chooseLabel(profile, options)
  const inputs = columns.filter(column => column !== label.column)
  const toAsked = (flag: string, name: string | undefined) => {
    if (name === label.column.name)
      throw new MillraceError('ARGUMENT_INVALID', `${flag} must be another column than the label, got '${name}'`)
    return name === undefined ? undefined : findColumn(inputs, name, flag)
  }
  const askedTime = toAsked('--time', options.time)
  const askedId = toAsked('--id', options.id)
  const time = chooseTime(
    inputs.filter(column => column !== askedId),
    rowCount,
    askedTime,
  )
  const id = chooseId(
    inputs.filter(column => column !== time.column && !time.others.includes(column)),
    rowCount,
    askedId,
  )
  const toTake = inputs.filter(column => ![time.column, ...time.others, id.column, ...id.others].includes(column))
  const chosen = chooseFeatures(toTake, rowCount)
  const fields = makeFields({ columns, id, time, label })
  const clockFeatures = time.clock ? toClockFeatures(time.clock, fields.time.name) : []
  const features = toFeatures(chosen.features, clockFeatures)
  return {
    name: options.name,
    question: `Rows of ${options.file}, to predict: ${label.column.name} is ${label.meaning}.`,
    event: [fields.id.entry, fields.time.entry, ...chosen.features.map(toEventField)],
    id: fields.id.name,
    time: fields.time.name,
    features,
    labelFields: [fields.id.entry, fields.time.entry, { name: label.column.name, source: withReader(label.cell, label.schema) }],
    isPositive: label.isPositive(toAccess('label', label.column.name)),
    history: fields.history,
    schedule: time.clock ? toSchedule(rowCount, time.clock.maxMs - time.clock.minMs) : toRowSchedule(rowCount),
    label: {
      column: label.column.name,
      meaning: label.meaning,
      positiveCount: label.positiveCount,
      negativeCount: label.negativeCount,
    },
    isSorted: (time.clock?.descentCount ?? 0) === 0,
    leftOut: [...chosen.leftOut, ...toLeftOut(id, time)],
    notes: [
      ...toFileNotes(profile, features),
      ...toLiveNotes(id, time, fields),
      ...id.notes,
      ...time.notes,
      ...label.notes,
      ...chosen.notes,
    ],
  }
}

/** Whether a clock's cells are whole milliseconds already. */
function isReady({ isInteger, hasEmptyCell }: ColumnProfile, clock: ClockProfile | undefined): boolean {
  return clock?.form === 'ms' && isInteger && !hasEmptyCell
}

interface Field {
  readonly name: string
  readonly entry: Entry
}

/** The id's and the time's fields: columns of the file, or names that no column has. */
function makeFields(parts: { columns: readonly ColumnProfile[]; id: IdChoice; time: TimeChoice; label: LabelChoice }) {
  const { columns, id, time } = parts
  const taken = new Set(columns.map(column => column.name))
  const toFree = (wanted: string) => {
    let name = wanted
    for (let count = 2; taken.has(name); count++) name = `${wanted}${count}`
    taken.add(name)
    return name
  }
  const history: Entry[] = []
  const toField = (name: string, source: string): Field => ({ name, entry: { name, source } })
  // A backtest runs `history` where a field is no column of the file, and then fills in nothing itself.
  const isTimeRead = time.column !== undefined && !isReady(time.column, time.clock)
  const toId = (): Field => {
    if (id.column) {
      const cell = toCellKind(id.column)
      return toField(id.column.name, withReader(cell, toSchema(id.column, cell)))
    }
    const name = toFree(rowIdColumn)
    if (name !== rowIdColumn || isTimeRead) history.push({ name, source: 'String(at)' })
    return toField(name, 'text()')
  }
  const toTime = (): Field => {
    if (time.column && time.clock) {
      if (!isTimeRead) return toField(time.column.name, 'timeMs()')
      const name = toFree(`${makeFeatureNames()(time.column.name).replace(/Ms$/, '')}Ms`)
      history.push({ name, source: `toTimeMs(${toAccess('row', time.column.name)}, ${toText(time.clock.form)})` })
      return toField(name, 'timeMs()')
    }
    const name = toFree(rowTimeColumn)
    if (name !== rowTimeColumn || history.length > 0) history.push({ name, source: '946_684_800_000 + at * 1_000' })
    return toField(name, 'timeMs()')
  }
  return { id: toId(), time: toTime(), history }
}

function toSchema(column: ColumnProfile, { kind }: CellKind): string {
  if (kind === 'number') return 'number()'
  if (kind === 'flag') return 'flag()'
  return column.longestText <= 256 ? 'text()' : `text({ max: ${2 ** Math.ceil(Math.log2(column.longestText))} })`
}

function toEventField({ column, cell, isNullable }: FeatureColumn): Entry {
  return { name: column.name, source: withReader(cell, `${toSchema(column, cell)}${isNullable ? '.nullish()' : ''}`) }
}

function toFeatures(columns: readonly FeatureColumn[], clockFeatures: readonly Entry[]): Entry[] {
  const toName = makeFeatureNames()
  const features = columns.map(({ column, cell, isNullable }) => {
    const field = toAccess('event', column.name)
    const value = isNullable ? `${field} ?? null` : field
    const name = toName(column.name)
    if (cell.kind === 'text') return { name, source: `{ category: event => ${value} }` }
    if (cell.kind === 'number') return { name, source: `event => ${value}` }
    return { name, source: isNullable ? `event => (${field} == null ? null : Number(${field}))` : `event => Number(${field})` }
  })
  return [...clockFeatures.map(({ name, source }) => ({ name: toName(name), source })), ...features]
}

/** Hour, weekday and month, as far as the clock tells them and the file has seen them come again. */
function toClockFeatures({ minMs, maxMs, hasTimeOfDay }: { minMs: number; maxMs: number; hasTimeOfDay: boolean }, field: string): Entry[] {
  const spanDays = (maxMs - minMs) / 86_400_000
  const date = `new Date(${toAccess('event', field)})`
  return [
    ...(hasTimeOfDay && spanDays >= 2 ? [{ name: 'hourUtc', source: `event => ${date}.getUTCHours()` }] : []),
    ...(spanDays >= 14 ? [{ name: 'weekdayUtc', source: `event => ${date}.getUTCDay()` }] : []),
    ...(spanDays >= 400 ? [{ name: 'monthUtc', source: `event => ${date}.getUTCMonth()` }] : []),
  ]
}

function toLeftOut(id: IdChoice, time: TimeChoice): { column: string; why: string }[] {
  const numbering = id.others.map(({ name }) => ({ column: name, why: 'is another in every row: an id, nothing to learn from' }))
  const clocks = time.others.map(({ name }) => ({
    column: name,
    why: 'holds a clock time: a model has not seen those to come; make a feature of a difference to the event time',
  }))
  return [...numbering, ...clocks]
}

function toFileNotes({ rowCount, isWhole }: FileProfile, features: readonly Entry[]): Note[] {
  const notes: Note[] = []
  const note = (text: string) => notes.push({ about: 'file', column: null, text })
  if (!isWhole) note(`only the first ${toCount(rowCount, 'row')} were looked at`)
  if (rowCount < 500) note(`${toCount(rowCount, 'row')} are few: figures of a backtest will swing`)
  if (features.length === 0) note('no column is left to learn from: write a feature by hand before you use the definition')
  return notes
}

/** What a producer of live events must send that the file does not hold as it stands. */
function toLiveNotes(id: IdChoice, time: TimeChoice, fields: { readonly id: Field; readonly time: Field }): Note[] {
  const notes: Note[] = []
  if (!id.column) {
    const text = `no column is unique: a backtest takes the row's number as ${fields.id.name}; live events must carry a ${fields.id.name} of their own`
    notes.push({ about: 'id', column: null, text })
  }
  if (!time.column) {
    const text = `no column is a clock: a backtest takes the rows in the file's order, a second apart, as ${fields.time.name}; live events must carry ${fields.time.name}, milliseconds since 1970`
    notes.push({ about: 'time', column: null, text })
  } else if (fields.time.name !== time.column.name) {
    const text = `becomes ${fields.time.name} by history; live events must carry ${fields.time.name}, milliseconds since 1970`
    notes.push({ about: 'time', column: time.column.name, text })
  }
  return notes
}
