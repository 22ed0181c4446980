import { dynamoState } from '#functions/adapters/state-store.ts'
import { buildState } from '../../bench/state-scale/build.ts'
import type { Cloud } from './cloud.ts'

/** Leaves a state of so many keys, cut as the state itself cuts it, with the entries that came since. Gives the number of the next batch. */
export async function leaveState(
  cloud: Cloud,
  table: string,
  { keyCount, tailBatches }: { readonly keyCount: number; readonly tailBatches: number },
): Promise<number> {
  const store = dynamoState(table, { client: cloud.dynamo })
  await buildState(store, { keyCount, pageBytes: 8_192, slicePages: 256, tailBatches })
  return tailBatches
}
