import { listOf } from './setting.ts'

/** In how many zones a VPC that is made lies, and in which; without names, the region's first. */
export interface ZoneChoice {
  readonly count: number
  readonly names?: readonly string[]
}

/** How many zones, or their names: letters of one region, each once. @example parseZones('eu-central-1a,eu-central-1b') // { count: 2, names: […] } */
export function parseZones(text: string): ZoneChoice | undefined {
  if (text === '2' || text === '3') return { count: Number(text) }
  const names = listOf(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/)(text)
  if (names === undefined || names.length < 2 || names.length > 3) return undefined
  const regions = new Set(names.map(name => name.slice(0, -1)))
  return regions.size === 1 && new Set(names).size === names.length ? { count: names.length, names } : undefined
}

/** In how many zones the brokers of a new cluster lie. @example countZones(parseSettings({ zones: '2' })) // 2 */
export function countZones({ vpcId, subnetIds, zones }: ZoneSettings): number {
  return vpcId === undefined ? (zones?.count ?? 3) : subnetIds.length
}

interface ZoneSettings {
  readonly vpcId: string | undefined
  readonly subnetIds: readonly string[]
  readonly zones: ZoneChoice | undefined
}
