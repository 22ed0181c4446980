import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { bytesOfItem, type Item, keyNamesOf } from '../dynamo-limits.ts'
import { memoryDynamo } from '../memory-dynamo.ts'

/** Counts by name: turns, calls of a kind, and units of a table, `predictions writes`. */
export type Usage = Readonly<Record<string, number>>

interface Input {
  readonly TableName?: string
  readonly Item?: Item
  readonly Key?: Item
  readonly ConsistentRead?: boolean
  readonly RequestItems?: Readonly<Record<string, unknown>>
  readonly TransactItems?: readonly { readonly Put?: { readonly TableName: string; readonly Item: Item } }[]
}

/**
 * Stores in memory that count. Calls that are made without waiting for one another share a turn; DynamoDB's units are those of its own rules:
 * one a kilobyte written, two in a transaction, one for four kilobytes read, half of it where the read need not be consistent, and at least
 * that for an item that is not there.
 */
export function makeMeter() {
  const { client: memory } = memoryDynamo((_, input) => ('IndexName' in input ? { Items: [] } : undefined)) // no label waits
  let usage: Record<string, number> = {}
  const add = (name: string, amount = 1) => {
    usage[name] = (usage[name] ?? 0) + amount
  }
  let waiting: (() => void)[] = []
  const turn = () =>
    new Promise<void>(resolve => {
      waiting.push(resolve)
      if (waiting.length > 1) return
      setImmediate(() => {
        add('turns')
        const all = waiting
        waiting = []
        for (const go of all) go()
      })
    })

  const writeUnits = (item: Item) => Math.ceil(bytesOfItem(item) / 1_024)
  const readUnits = (items: readonly (Item | undefined)[], consistent: boolean) =>
    items.reduce((sum, item) => sum + Math.max(1, Math.ceil((item ? bytesOfItem(item) : 0) / 4_096)), 0) * (consistent ? 1 : 0.5)
  const unitsOf = new Map<string, number>() // of items put one by one, for updates of them
  const placeOf = (table: string, item: Item) => JSON.stringify([table, ...keyNamesOf(table)!.map(name => item[name!])])

  const count: Readonly<Record<string, (input: Input, answer: Record<string, never>) => void>> = {
    PutItem: ({ TableName = '', Item = {} }) => {
      unitsOf.set(placeOf(TableName, Item), writeUnits(Item))
      add(`${TableName} writes`, writeUnits(Item))
    },
    UpdateItem: ({ TableName = '', Key = {} }) => add(`${TableName} writes`, unitsOf.get(placeOf(TableName, Key)) ?? 1),
    TransactWriteItems: ({ TransactItems = [] }) => {
      for (const { Put } of TransactItems) if (Put) add(`${Put.TableName} writes`, 2 * writeUnits(Put.Item))
    },
    BatchWriteItem: ({ RequestItems = {} }) => {
      for (const [table, requests] of Object.entries(RequestItems as Record<string, { readonly PutRequest: { readonly Item: Item } }[]>)) {
        for (const { PutRequest } of requests) add(`${table} writes`, writeUnits(PutRequest.Item))
      }
    },
    BatchGetItem: ({ RequestItems = {} }, { Responses }) => {
      type Read = { readonly Keys: readonly Item[]; readonly ConsistentRead?: boolean }
      for (const [table, { Keys, ConsistentRead = false }] of Object.entries(RequestItems as Record<string, Read>)) {
        const found = (Responses as Record<string, Item[]>)[table]
        const missing = Array.from<undefined>({ length: Keys.length - found.length })
        add(`${table} reads`, readUnits([...found, ...missing], ConsistentRead))
      }
    },
    Query: ({ TableName, ConsistentRead = false }, { Items }) => {
      const bytes = (Items as Item[]).reduce((sum, item) => sum + bytesOfItem(item), 0)
      add(`${TableName} reads`, Math.max(1, Math.ceil(bytes / 4_096)) * (ConsistentRead ? 1 : 0.5))
    },
  }
  const client = {
    async send(command: { readonly constructor: { readonly name: string }; readonly input: Input }) {
      add('calls')
      await turn()
      const answer = await memory.send(command as never)
      count[command.constructor.name.replace(/Command$/, '')](command.input, answer as never)
      return answer
    },
  } as unknown as DynamoDBClient

  return {
    client,
    /** A call of another store. */
    async call(name: string) {
      add(`${name} calls`)
      await turn()
    },
    reset: () => {
      usage = {}
    },
    read: (): Usage => usage,
  }
}
