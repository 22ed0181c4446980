import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CreateTableCommand, DynamoDBClient, type ServiceInputTypes } from '@aws-sdk/client-dynamodb'
import { dynamoState } from '#functions/adapters/state-store.ts'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { stateStoreChecks } from '../checks/state-store-checks.ts'

let emulator: Emulator
let client: DynamoDBClient
let tableCount = 0

before(async () => {
  emulator = await startEmulator({ brokers: '127.0.0.1:19092' }) // the emulator only hands it on
  const { endpoint, region } = emulator
  client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
})
after(() => emulator.stop())

async function makeTable(): Promise<string> {
  const TableName = `state-${++tableCount}`
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'log', AttributeType: 'S' },
        { AttributeName: 'number', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'log', KeyType: 'HASH' },
        { AttributeName: 'number', KeyType: 'RANGE' },
      ],
    }),
  )
  return TableName
}

stateStoreChecks('on DynamoDB', async () => dynamoState(await makeTable(), { client }))

/** A client whose first answers are as given; then the real one answers. */
function interrupted(table: string, answers: (() => unknown)[]) {
  const calls: ServiceInputTypes[] = []
  const send = async (command: { readonly input: ServiceInputTypes }) => {
    calls.push(command.input)
    const answer = answers.shift()
    return answer ? answer() : client.send(command as never)
  }
  return { store: dynamoState(table, { client: { send } as unknown as DynamoDBClient }), calls }
}

const item = { log: 'log', number: 1, body: new Uint8Array([1, 2]), expiresAtSec: 4_000_000_000 }
const throttled = () => {
  throw Object.assign(new Error('too fast'), { name: 'ThrottlingException' })
}

describe('state store on DynamoDB', () => {
  it('tries again when it is throttled', async () => {
    const { store, calls } = interrupted(await makeTable(), [throttled, throttled])
    assert.equal(await store.append(item), true)
    assert.equal(calls.length, 3)
  })
  it('rejects, to be tried again, what stays throttled', async () => {
    const { store, calls } = interrupted(await makeTable(), Array(20).fill(throttled))
    await assert.rejects(store.append(item), {
      code: 'STORE_FAILED',
      retryable: true,
      message: /an item could not be written: ThrottlingException/,
    })
    assert.equal(calls.length, 8)
  })
  it('asks again for what an answer left unprocessed, and gives up after eight empty answers', async () => {
    const table = await makeTable()
    const unprocessed = () => ({ Responses: {}, UnprocessedKeys: { [table]: { Keys: [{ log: { S: 'log' }, number: { N: '1' } }] } } })
    await interrupted(table, []).store.append(item)
    const again = interrupted(table, [unprocessed, unprocessed])
    assert.deepEqual(await again.store.read([item]), [item])
    assert.equal(again.calls.length, 3)
    const hopeless = interrupted(table, Array(20).fill(unprocessed))
    await assert.rejects(hopeless.store.read([item]), { code: 'STORE_FAILED', message: /1 items could not be read in 8 tries/ })
  })
  it('leaves an item without an end to the table', async () => {
    const table = await makeTable()
    const { store, calls } = interrupted(table, [])
    await store.append({ ...item, expiresAtSec: 0 })
    assert.equal(JSON.stringify(calls[0]).includes('expiresAtSec'), false)
    assert.deepEqual(await store.read([item]), [{ ...item, expiresAtSec: 0 }])
  })
})
