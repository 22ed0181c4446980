import type { Source } from '#functions/records.ts'

/** A record's place in Kafka as text. */
export const placeOf = ({ topic, partition, offset }: Source) => `${topic}-${partition}-${offset}`

/** What is known of the events at the end of a run, each by its place in topic events. */
export interface EventEvidence {
  /** Ids that the run set out to publish. */
  readonly ids: Iterable<string>
  /** Places of all records in topic events. */
  readonly places: ReadonlySet<string>
  /** Ids of the archived predictions by the place of their event. */
  readonly predicted: ReadonlyMap<string, string>
  /** Places of the events that were rejected, by whichever step. */
  readonly rejected: ReadonlySet<string>
  /** Ids that have a row in the predictions table. */
  readonly inTable: ReadonlySet<string>
}

export interface EventOutcomes {
  /** Ids with a prediction, one each. */
  readonly predictions: number
  /** Events that were rejected, one each. */
  readonly rejected: number
  /** Events that ended nowhere, and ids without a prediction or without a row in the table. */
  readonly lost: number
  /** Events that ended twice: predicted and rejected, or predicted without having been published. */
  readonly doubled: number
}

/** How each event ended, once the reading rules have been applied. */
export function countOutcomes({ ids, places, predicted, rejected, inTable }: EventEvidence): EventOutcomes {
  const idsPredicted = new Set(predicted.values())
  let lost = 0
  let doubled = 0
  for (const place of places) {
    if (!predicted.has(place) && !rejected.has(place)) lost++
    if (predicted.has(place) && rejected.has(place)) doubled++
  }
  const published = new Set(ids)
  for (const id of published) if (!idsPredicted.has(id) || !inTable.has(id)) lost++
  for (const id of idsPredicted) if (!published.has(id)) doubled++
  for (const place of predicted.keys()) if (!places.has(place)) doubled++
  return { predictions: idsPredicted.size, rejected: rejected.size, lost, doubled }
}
