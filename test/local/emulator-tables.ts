import { after, before } from 'node:test'
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'

/** Keys of a table or an index: a name and a type, text or number. */
type Keys = readonly (readonly [name: string, type: 'S' | 'N'])[]

/** Tables on an emulator that runs while the tests of a file do; each one is new. */
export interface EmulatorTables {
  readonly client: () => DynamoDBClient
  /** Makes a table; an index is of its keys alone. */
  make(keys: Keys, index?: { readonly name: string; readonly keys: Keys }): Promise<string>
}

/** @example const tables = useTables(); const name = await tables.make([['log', 'S'], ['number', 'N']]) */
export function useTables(): EmulatorTables {
  let emulator: Emulator
  let client: DynamoDBClient
  let count = 0
  before(async () => {
    emulator = await startEmulator({ brokers: '127.0.0.1:19092' }) // the emulator only hands it on
    const { endpoint, region } = emulator
    client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  })
  after(() => emulator.stop())
  return {
    client: () => client,
    async make(keys, index) {
      const input: CreateTableCommandInput = {
        TableName: `table-${++count}`,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [...keys, ...(index?.keys ?? [])].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
        KeySchema: toSchema(keys),
        ...(index && {
          GlobalSecondaryIndexes: [{ IndexName: index.name, KeySchema: toSchema(index.keys), Projection: { ProjectionType: 'KEYS_ONLY' } }],
        }),
      }
      await client.send(new CreateTableCommand(input))
      return input.TableName!
    },
  }
}

function toSchema(keys: Keys): NonNullable<CreateTableCommandInput['KeySchema']> {
  return keys.map(([AttributeName], at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' }))
}
