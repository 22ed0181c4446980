import { makeKeySplit } from '#functions/infer/arm.ts'
import type { Prediction } from '#functions/records.ts'

/** What was seen of the predictions, and what must not have been seen. */
export interface Ledger {
  /** Takes a prediction as it was read from Kafka. */
  note(prediction: Prediction, key: Buffer | null): void
  /** Resolves with the number of predictions so far once one comes for which `isIt` holds. */
  waitFor(isIt: (prediction: Prediction) => boolean): Promise<number>
  /** Of invocations, each the ids of its rows: how many gave champion-arm predictions of more than one model. */
  countMixed(invocations: Iterable<readonly string[]>): number
  read(): LedgerCounts
}

export interface LedgerCounts {
  readonly noted: number
  readonly arms: { readonly champion: number; readonly challenger: number; readonly shadow: number }
  /** Predictions that name a bad bundle. */
  readonly badServed: number
  /** Predictions with the challenger in service whose arm is not their key's. */
  readonly challengerKeysFlipped: number
}

interface Watched {
  readonly bad: readonly string[]
  readonly shadow: string
  readonly challenger: string
  readonly share: number
}

/** Keeps which champion scored each id, and counts arms, bad versions and keys that changed sides. */
export function makeLedger({ bad, shadow, challenger, share }: Watched): Ledger {
  const championsOf = new Map<string, readonly string[]>()
  const alone = new Map<string, readonly string[]>() // one array a model, not one a row
  const waiting = new Set<{ readonly isIt: (prediction: Prediction) => boolean; readonly resolve: (noted: number) => void }>()
  const isChallenged = makeKeySplit(challenger, share)
  const arms = { champion: 0, challenger: 0, shadow: 0 }
  let noted = 0
  let badServed = 0
  let challengerKeysFlipped = 0

  const noteChampion = (id: string, model: string) => {
    const known = championsOf.get(id)
    if (known?.includes(model)) return
    if (!alone.has(model)) alone.set(model, [model])
    championsOf.set(id, known ? [...known, model] : alone.get(model)!)
  }
  return {
    note(prediction, key) {
      noted++
      const { id, model, arm, shadows } = prediction
      if (model !== null) {
        arms[arm]++
        if (arm === 'champion') noteChampion(id, model)
        const models = [model, ...shadows.map(own => own.model)]
        if (models.some(version => bad.includes(version))) badServed++
        if (models.includes(challenger) && isChallenged(key ?? id) !== (arm === 'challenger')) challengerKeysFlipped++
        if (shadows.some(own => own.model === shadow)) arms.shadow++
      }
      for (const waiter of waiting) {
        if (!waiter.isIt(prediction)) continue
        waiting.delete(waiter)
        waiter.resolve(noted)
      }
    },
    waitFor: isIt => new Promise(resolve => waiting.add({ isIt, resolve })),
    countMixed(invocations) {
      let mixed = 0
      for (const ids of invocations) {
        const models = new Set<string>()
        for (const id of ids) for (const model of championsOf.get(id) ?? []) models.add(model)
        if (models.size > 1) mixed++
      }
      return mixed
    },
    read: () => ({ noted, arms: { ...arms }, badServed, challengerKeysFlipped }),
  }
}
