import type { FeaturesRecord } from '#functions/records.ts'
import { placeOf } from './outcomes.ts'

/** Compares the features of events that came more than once. */
export interface FeatureWatch {
  note(record: Pick<FeaturesRecord, 'source' | 'features'>): void
  /** Records that repeated an event, and of those the ones with other features than the first. */
  read(): { readonly repeated: number; readonly changed: number; readonly firstChanged: string | undefined }
}

export function watchFeatures(): FeatureWatch {
  const first = new Map<string, string>()
  let repeated = 0
  let changed = 0
  let firstChanged: string | undefined
  return {
    note({ source, features }) {
      const place = placeOf(source)
      const text = JSON.stringify(features) // a number's shortest text tells all of its bits
      const known = first.get(place)
      if (known === undefined) {
        first.set(place, text)
        return
      }
      repeated++
      if (known === text) return
      changed++
      firstChanged ??= `${place}: ${known} then ${text}`
    },
    read: () => ({ repeated, changed, firstChanged }),
  }
}
