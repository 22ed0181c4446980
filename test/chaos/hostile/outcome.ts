import type { Ending } from './spec.ts'

/** One way in which a record was found to have ended, by its place as `placeOf` has it. */
export interface Found {
  readonly place: string
  readonly as: 'predicted' | 'rejected' | 'replaced' | 'putAside' | 'paired' | 'waiting'
  /** Of a prediction or a pair. */
  readonly id?: string
  /** Of a rejection: code, step and reason. */
  readonly why?: string
}

/** A hostile record that was sent, or that the producer or the broker refused. */
export interface SentRecord {
  readonly at: number
  readonly kind: string
  readonly ends: Ending
  readonly place: string | undefined
  readonly refusal?: string
}

/** All that is known at the end of a run. */
export interface Evidence {
  /** Places of all records in topics events and labels. */
  readonly events: ReadonlySet<string>
  readonly labels: ReadonlySet<string>
  readonly found: readonly Found[]
  /** Ids that have a row in the predictions table. */
  readonly inTable: ReadonlySet<string>
  /** Ids of the flights that the run published. */
  readonly flightIds: readonly string[]
  readonly hostile: readonly SentRecord[]
}

/** A hostile record that did not end as its kind says. */
export interface WrongEnding {
  readonly kind: string
  readonly place: string
  readonly wanted: Ending
  readonly ended: string
}

export interface Outcome {
  /** Events that were predicted, records of all topics that were rejected or put aside. */
  readonly predictions: number
  readonly rejected: number
  readonly putAside: number
  /** Events and labels that ended nowhere; flights without a prediction or without a pair, and predictions without a row in the table. */
  readonly lost: number
  /** Events with more than one prediction, rejection or place in the bucket; labels that were rejected and are a pair or wait. */
  readonly doubled: number
  /** The first few of those that were lost or doubled, in words. */
  readonly examples: readonly string[]
  readonly wrong: readonly WrongEnding[]
}

const examplesShown = 20

/** How each record ended, and which did not end as they must. */
export function judgeOutcome({ events, labels, found, inTable, flightIds, hostile }: Evidence): Outcome {
  const byPlace = Map.groupBy(found, ({ place }) => place)
  const at = (place: string) => byPlace.get(place) ?? []
  const lost: string[] = []
  const doubled: string[] = []
  for (const place of [...events, ...labels]) {
    if (at(place).length === 0) lost.push(`${place} ended nowhere`)
    if (events.has(place) ? endingsOfEvent(at(place)) > 1 : isTornLabel(at(place))) doubled.push(`${place}: ${toText(at(place))}`)
  }
  const predicted = found.filter(({ as, place }) => as === 'predicted' && events.has(place))
  const ids = new Set(predicted.map(({ id }) => id!))
  const paired = new Set(found.flatMap(({ as, id }) => (as === 'paired' ? id! : [])))
  for (const id of flightIds) {
    if (!ids.has(id)) lost.push(`flight ${id} has no prediction`)
    if (!paired.has(id)) lost.push(`flight ${id} has no pair`)
  }
  for (const id of ids) if (!inTable.has(id)) lost.push(`prediction ${JSON.stringify(id)} has no row in the table`)

  const placesOf = (...as: Found['as'][]) => new Set(found.filter(own => as.includes(own.as)).map(({ place }) => place)).size
  return {
    predictions: new Set(predicted.map(({ place }) => place)).size,
    rejected: placesOf('rejected', 'replaced'),
    putAside: placesOf('putAside'),
    lost: lost.length,
    doubled: doubled.length,
    examples: [...lost, ...doubled].slice(0, examplesShown),
    wrong: hostile.flatMap(own => judge(own, own.place === undefined ? [] : at(own.place), inTable)),
  }
}

/** Several mappings may put the same record aside, which is one ending. */
function endingsOfEvent(found: readonly Found[]): number {
  const aside = found.filter(({ as }) => as === 'putAside').length
  return found.length - aside + Math.min(aside, 1)
}

/**
 * A label may have its pair twice, or have it and wait: two functions may see what settles it, and one that ended too early leaves it behind.
 * The pairs are the same, and readers keep one. With a rejection beside it readers know two things of it.
 */
function isTornLabel(found: readonly Found[]): boolean {
  const has = (as: Found['as']) => found.some(own => own.as === as)
  return has('rejected') && (has('paired') || has('waiting'))
}

/** By what of it is found that a record ended so. */
const signs = {
  predicted: ['predicted'],
  rejected: ['rejected', 'replaced'],
  putAside: ['putAside'],
  labelled: ['paired', 'waiting', 'replaced'],
  passedOver: [],
  taken: [],
} as const satisfies Record<Ending, readonly Found['as'][]>

function judge({ kind, ends, place, refusal }: SentRecord, found: readonly Found[], inTable: ReadonlySet<string>): WrongEnding[] {
  const wrong = (ended: string) => [{ kind, place: place ?? 'nowhere', wanted: ends, ended }]
  if (place === undefined) return wrong(`not sent: ${refusal}`)
  const wanted: readonly Found['as'][] = signs[ends]
  const isRight = found.every(({ as }) => wanted.includes(as)) && (found.length > 0 || wanted.length === 0)
  if (!isRight) return wrong(toText(found))
  const homeless = found.find(({ as, id }) => as === 'predicted' && !inTable.has(id!))
  return homeless ? wrong(`predicted as ${JSON.stringify(homeless.id)}, without a row in the table`) : []
}

function toText(found: readonly Found[]): string {
  return found.length === 0 ? 'nowhere' : found.map(({ as, why }) => (why === undefined ? as : `${as}: ${why}`)).join('; ')
}
