import { type ClockForm, toTimeMs } from '#models/history.ts'

/** Which side of the label a row is on; null where its label is missing. */
export type LabelClass = 0 | 1 | null

/** What a column of a file holds, gathered row by row in bounded memory. */
export interface ColumnProfile {
  readonly name: string
  /** Rows whose cell is not null, absent or empty. */
  readonly valueCount: number
  readonly missingCount: number
  /** Whether a missing cell came as an empty text or NaN, which schemas refuse, and not as null. */
  readonly hasEmptyCell: boolean
  readonly numberCount: number
  readonly flagCount: number
  /** Lists and objects. */
  readonly nestedCount: number
  /** Texts that read as a number, and those that stand for a missing one, such as n/a. */
  readonly numericTextCount: number
  readonly missingWordCount: number
  /** Texts of digits that a number would change: 00501, or more than 15 digits. */
  readonly codeTextCount: number
  readonly longestText: number
  readonly isInteger: boolean
  /** Of the numbers. */
  readonly min: number
  readonly max: number
  /** Numbers that are smaller than the one before. */
  readonly descentCount: number
  /** Distinct values with their rows in each class, absent where there are more than 5,000. */
  readonly values: ReadonlyMap<Scalar, ClassCounts> | undefined
  /** Whether no value came twice; undefined where too many values had to be remembered. */
  readonly isUnique: boolean | undefined
  /** Rows with a value and rows without, by class. */
  readonly presentCounts: ClassCounts
  readonly missingCounts: ClassCounts
  /** The forms in which every value is a clock time. */
  readonly clocks: readonly ClockProfile[]
  /** Numbers with the class of their row, at even distances. */
  readonly sample: readonly { readonly value: number; readonly labelClass: 0 | 1 }[]
}

export interface ClockProfile {
  readonly form: ClockForm
  readonly minMs: number
  readonly maxMs: number
  readonly descentCount: number
  readonly hasTimeOfDay: boolean
}

export type Scalar = string | number | boolean
export type ClassCounts = readonly [number, number]

const valuesAtMost = 5_000
const longestValue = 256
const sampleAtMost = 10_000
const textForms: readonly ClockForm[] = ['iso', 'month first', 'day first', 'month name']
const missingWord = /^(na|n\/a|nan|null|nil|none|\?|-{1,2}|\.|unknown|missing|[+-]?inf(inity)?)$/i
const numericText = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const codeText = /^(0\d+|\d{16,})$/
const dayMs = 86_400_000

/** Gathers a column; `uniqueBudget.left` is how many values all columns together may still remember to see whether one comes twice. */
export function makeColumnProfile(name: string, uniqueBudget: { left: number }) {
  const counts = { value: 0, number: 0, flag: 0, nested: 0, numericText: 0, missingWord: 0, codeText: 0, descent: 0 }
  const present: [number, number] = [0, 0]
  const remember = makeUniqueness(uniqueBudget)
  const sampling = makeSample()
  const clocks = new Map(textForms.map(form => [form, makeClock(form)]))
  let values: Map<Scalar, [number, number]> | undefined = new Map()
  let hasEmptyCell = false
  let isInteger = true
  let longestText = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let previous = Number.NEGATIVE_INFINITY

  const addNumber = (value: number, labelClass: LabelClass) => {
    counts.number++
    if (!Number.isInteger(value)) isInteger = false
    if (value < min) min = value
    if (value > max) max = value
    if (value < previous) counts.descent++
    previous = value
    sampling.add(value, labelClass)
  }
  const addText = (text: string, labelClass: LabelClass) => {
    if (text.length > longestText) longestText = text.length
    const trimmed = text.trim()
    if (numericText.test(trimmed)) {
      if (codeText.test(trimmed)) counts.codeText++
      else {
        counts.numericText++
        sampling.add(Number(trimmed), labelClass)
      }
    } else if (missingWord.test(trimmed)) counts.missingWord++
    for (const [form, clock] of clocks) if (!clock.add(text)) clocks.delete(form)
  }
  const addValue = (value: Scalar, labelClass: LabelClass) => {
    if (typeof value === 'string' && value.length > longestValue) values = undefined
    if (values === undefined) return
    const found = values.get(value)
    if (!found && values.size === valuesAtMost) {
      values = undefined
      return
    }
    const classes = found ?? [0, 0]
    if (!found) values.set(value, classes)
    if (labelClass !== null) classes[labelClass]++
  }

  return {
    add(value: unknown, labelClass: LabelClass): void {
      if (value === null || value === undefined) return
      if (value === '' || (typeof value === 'number' && !Number.isFinite(value))) {
        hasEmptyCell = true
        return
      }
      counts.value++
      if (labelClass !== null) present[labelClass]++
      if (typeof value === 'number') addNumber(value, labelClass)
      else if (typeof value === 'string') addText(value, labelClass)
      else if (typeof value === 'boolean') counts.flag++
      else {
        counts.nested++
        return
      }
      if (typeof value === 'string' || Number.isInteger(value)) remember.add(value as string | number)
      else remember.giveUp()
      addValue(value as Scalar, labelClass)
    },
    finish(rowCount: number, labelled: ClassCounts): ColumnProfile {
      const isText = counts.value > 0 && counts.number + counts.flag + counts.nested === 0
      return {
        name,
        valueCount: counts.value,
        missingCount: rowCount - counts.value,
        hasEmptyCell,
        numberCount: counts.number,
        flagCount: counts.flag,
        nestedCount: counts.nested,
        numericTextCount: counts.numericText,
        missingWordCount: counts.missingWord,
        codeTextCount: counts.codeText,
        longestText,
        isInteger: isInteger && counts.number > 0,
        min,
        max,
        descentCount: counts.descent,
        values: counts.nested > 0 ? undefined : values,
        isUnique: counts.nested > 0 ? false : remember.isUnique(),
        presentCounts: present,
        missingCounts: [labelled[0] - present[0], labelled[1] - present[1]],
        clocks: isText ? [...clocks.values()].map(clock => clock.finish()) : [],
        sample: sampling.finish(),
      }
    },
  }
}

export type ColumnGatherer = ReturnType<typeof makeColumnProfile>

function makeUniqueness(budget: { left: number }) {
  let seen: Set<string | number> | undefined = new Set()
  let isUnique: boolean | undefined = true
  const forget = (verdict: boolean | undefined) => {
    budget.left += seen?.size ?? 0
    seen = undefined
    isUnique = verdict
  }
  return {
    add(value: string | number): void {
      if (!seen) return
      if (seen.has(value)) forget(false)
      else if (budget.left === 0 || (typeof value === 'string' && value.length > longestValue)) forget(undefined)
      else {
        seen.add(value)
        budget.left--
      }
    },
    giveUp(): void {
      if (seen) forget(false)
    },
    isUnique: () => isUnique,
  }
}

/** Every `stride`-th labelled number; the stride doubles whenever the sample is full. */
function makeSample() {
  let sample: { readonly value: number; readonly labelClass: 0 | 1 }[] = []
  let stride = 1
  let offered = 0
  return {
    add(value: number, labelClass: LabelClass): void {
      if (labelClass === null || offered++ % stride !== 0) return
      sample.push({ value, labelClass })
      if (sample.length < sampleAtMost) return
      sample = sample.filter((_, at) => at % 2 === 0)
      stride *= 2
    },
    finish: () => sample,
  }
}

function makeClock(form: ClockForm) {
  let minMs = Number.POSITIVE_INFINITY
  let maxMs = Number.NEGATIVE_INFINITY
  let previousMs = Number.NEGATIVE_INFINITY
  let descentCount = 0
  let hasTimeOfDay = false
  return {
    /** False where the text is no time of this form. */
    add(text: string): boolean {
      const atMs = toTimeMs(text, form)
      if (atMs === null) return false
      if (atMs < minMs) minMs = atMs
      if (atMs > maxMs) maxMs = atMs
      if (atMs < previousMs) descentCount++
      if (atMs % dayMs !== 0) hasTimeOfDay = true
      previousMs = atMs
      return true
    },
    finish: (): ClockProfile => ({ form, minMs, maxMs, descentCount, hasTimeOfDay }),
  }
}
