import { s3Store } from '#functions/adapters/s3.ts'
import { changePointer, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import type { Flight } from '#models/flights.ts'
import { pipeline } from '#models/pipeline.ts'
import type { Deployment } from '../../localstack/deploy.ts'
import { readFlights } from '../../localstack/replay/flights.ts'
import { stopSchedule } from './stop-schedule.ts'
import { flightsFor, trainBundles } from './swaps/bundles.ts'

/**
 * Stops the schedules that would train and judge, trains so many bundles and puts the first into service.
 *
 * Gives what puts another of them into service, by its number.
 */
export async function serveChampion(outputs: Deployment['outputs'], bundleCount: number): Promise<(bundle: number) => Promise<void>> {
  for (const name of [outputs.ScheduleRetrain, outputs.ScheduleWatch]) await stopSchedule(name)
  const flights: Flight[] = []
  for await (const flight of readFlights(flightsFor(bundleCount))) flights.push(flight)
  const bundles = await trainBundles(pipeline, flights, bundleCount)
  const models = s3Store(outputs.ModelBucketName)
  for (const bundle of bundles) await writeBundle(models, bundle)
  const promote = async (bundle: number) => {
    const change = { version: bundles[bundle].manifest.version, reason: 'a run of chaos', nowMs: Date.now() }
    await changePointer(models, pipeline.name, champion => toPromoted(champion, change))
  }
  await promote(0)
  return promote
}
