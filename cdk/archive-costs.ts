import { assumed } from './cost-assumptions.ts'
import type { Choices } from './cost-choices.ts'
import { countInvocations, countPartitions, readingsOf } from './cost-load.ts'
import { prices } from './prices.ts'
import type { Settings } from './setting-table.ts'

const gigabyte = 1_000_000_000
const daysAMonth = 30

/** US dollars a month of the archive: its objects as they are written, and what lies there after a year of it. */
export function archiveCosts(
  { archiveColdAfterDays }: Pick<Settings, 'archiveColdAfterDays'>,
  choices: Choices,
  predictions: number,
): number {
  const { rowBytes, objectBytes, months, smallDays } = assumed.archive
  const archived = readingsOf(choices)
    .filter(({ step }) => step === 'archive')
    .map(reading => ({ topic: reading.topic, objects: countInvocations(reading, predictions) * countPartitions(reading, predictions) }))
  const gbAMonth = archived.reduce((sum, { topic }) => sum + predictions * rowBytes[topic], 0) / gigabyte
  const smallGbAMonth = archived.reduce((sum, { topic, objects }) => sum + objects * objectBytes[topic], 0) / gigabyte
  const objects = archived.reduce((sum, own) => sum + own.objects, 0)
  const puts = (objects / 1_000) * prices.s3.thousandPuts
  if (!choices.isCompacted) return puts + (gbAMonth + smallGbAMonth) * months * prices.s3.gbMonth
  const smallGb = (gbAMonth + smallGbAMonth) * (smallDays / daysAMonth)
  const hotMonths = Math.min(months, archiveColdAfterDays / daysAMonth)
  return (
    puts +
    (objects / 1_000) * prices.s3.thousandGets + // compact reads each once
    smallGb * prices.s3.gbMonth +
    gbAMonth * (hotMonths * prices.s3.gbMonth + (months - hotMonths) * prices.s3.coldGbMonth)
  )
}
