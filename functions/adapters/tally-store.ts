import { BatchGetItemCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import type { Tally, TallyStore } from '../evaluate/evaluate.ts'

/** Tallies on DynamoDB: one item for each partition and model, the sums as JSON, guarded by a version number. */
export function dynamoTallies(table: string, client = new DynamoDBClient()): TallyStore {
  const versions = new Map<string, number>()
  const nameOf = ({ partition, model }: Pick<Tally, 'partition' | 'model'>) => `${partition} ${model}`

  return {
    async read(keys) {
      if (keys.length === 0) return []
      // A batch touches one or two models in a few partitions, far below the 100 keys of a call.
      const Keys = keys.map(({ partition, model }) => ({ partition: { S: partition }, model: { S: model } }))
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
      )
      if (UnprocessedKeys?.[table]) throw new Error('the counters table did not answer for all tallies')
      versions.clear()
      return (Responses?.[table] ?? []).map(item => {
        const tally = JSON.parse(item.tally.S!) as Tally
        versions.set(nameOf(tally), Number(item.version.N))
        return tally
      })
    },
    async write(tallies) {
      for (const tally of tallies) {
        const version = versions.get(nameOf(tally)) ?? 0
        await client.send(
          new PutItemCommand({
            TableName: table,
            Item: {
              partition: { S: tally.partition },
              model: { S: tally.model },
              version: { N: String(version + 1) },
              tally: { S: JSON.stringify(tally) },
            },
            ConditionExpression: 'attribute_not_exists(#version) OR #version = :version',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':version': { N: String(version) } },
          }),
        )
      }
    },
  }
}

/** All tallies of a counters table, for whoever shows them. */
export async function readTallies(table: string, client = new DynamoDBClient()): Promise<Tally[]> {
  const tallies: Tally[] = []
  let start: Record<string, never> | undefined
  do {
    const page = await client.send(new ScanCommand({ TableName: table, ExclusiveStartKey: start }))
    for (const { tally } of page.Items ?? []) tallies.push(JSON.parse(tally.S!))
    start = page.LastEvaluatedKey as typeof start
  } while (start)
  return tallies
}
