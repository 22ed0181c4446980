import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import { readPointer } from '#functions/bundles/registry.ts'
import { readTallies } from '#functions/counters/read.ts'
import { pipeline } from '#models/pipeline.ts'
import { readModels } from '../../../cli/status/models.ts'
import type { World } from './world.ts'

/** What a person's look at a deployment asks of AWS. */
export interface Look {
  readonly of: string
  readonly calls: number
  readonly callsAtMost: number
  readonly seconds: number
}

/** Calls of one look: a year of models must not make them more than a few pages. */
const callsAtMost = 100

/** Runs what `millrace status` reads of the models, and what the console reads at each of its moments, by their own code. */
export async function runLooks({ cloud, env }: World): Promise<Look[]> {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = env
  const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY }
  const models = s3Store(env.MODEL_BUCKET, new S3Client({ endpoint, region, credentials, forcePathStyle: true }))
  const counters = dynamoCounters(env.COUNTERS_TABLE, new DynamoDBClient({ endpoint, region, credentials }))
  const looks: readonly (readonly [of: string, look: () => Promise<unknown>])[] = [
    ['millrace status: the models', () => readModels(models, pipeline.name)],
    ['console: the pointer and the tallies', async () => [await readPointer(models, pipeline.name), await readTallies(counters)]],
  ]
  const done: Look[] = []
  for (const [of, look] of looks) {
    cloud.takeUsage()
    const startedMs = performance.now()
    await look()
    const calls = Object.values(cloud.takeUsage().calls).reduce((sum, count) => sum + count, 0)
    done.push({ of, calls, callsAtMost, seconds: (performance.now() - startedMs) / 1_000 })
  }
  return done
}
