import { after, before } from 'node:test'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoWaiting } from '#functions/adapters/waiting-table.ts'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { waitingTableChecks } from '../checks/waiting-table-checks.ts'

let emulator: Emulator
let client: DynamoDBClient
let tableCount = 0

before(async () => {
  emulator = await startEmulator({ brokers: '127.0.0.1:19092' }) // the emulator only hands it on
  const { endpoint, region } = emulator
  client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
})
after(() => emulator.stop())

/** As cdk/stores.ts makes it. */
async function makeTable(): Promise<string> {
  const TableName = `waiting-${++tableCount}`
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'key', AttributeType: 'S' },
        { AttributeName: 'waitsIn', AttributeType: 'S' },
        { AttributeName: 'dueAtMs', AttributeType: 'N' },
      ],
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          KeySchema: [
            { AttributeName: 'waitsIn', KeyType: 'HASH' },
            { AttributeName: 'dueAtMs', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  )
  return TableName
}

waitingTableChecks('on DynamoDB', async () => dynamoWaiting(await makeTable(), client))
