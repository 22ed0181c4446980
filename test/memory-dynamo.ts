import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import { type Attribute, bytesOfItem, dynamoLimits, type Item, keyNamesOf, refusalOf } from './dynamo-limits.ts'

/** A condition or key condition, with what stands for its names and values. */
interface Conditional {
  readonly TableName: string
  readonly ConditionExpression?: string
  readonly KeyConditionExpression?: string
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>
  readonly ExpressionAttributeValues?: Item
}
interface Put extends Conditional {
  readonly Item: Item
}
interface Query extends Conditional {
  readonly IndexName?: string
  readonly ExclusiveStartKey?: Item
  readonly ScanIndexForward?: boolean
  readonly Limit?: number
}
/** One write of a transaction. */
interface Action {
  readonly Put?: Put
  readonly Delete?: Conditional & { readonly Key: Item }
}
type WriteRequest = { readonly PutRequest?: { readonly Item: Item }; readonly DeleteRequest?: { readonly Key: Item } }

/** The keys of the indexes that this project's tables have, by their names. */
const indexKeys: Readonly<Record<string, readonly [partition: string, sort: string]>> = { due: ['waitsIn', 'dueAtMs'] }

/** Items by their partition, and in it by both of their keys. */
type Partitions = Map<string, Map<string, Item>>

/**
 * DynamoDB in memory, as far as our adapters call it: every request is held against DynamoDB's limits, and answers end where DynamoDB's do.
 *
 * `calls` names each operation, with its input; `answer` may give the answer to one, or throw, in place of the table.
 */
export function memoryDynamo(answer: (operation: string, input: object) => object | undefined = () => undefined) {
  const tables = new Map<string, Partitions>()
  const indexes = new Map<string, Partitions>()
  const calls: { readonly operation: string; readonly input: object }[] = []
  const keyOf = (table: string, item: Item): Item => Object.fromEntries(keyNamesOf(table)!.map(name => [name!, item[name!]]))
  const placeOf = (table: string, item: Item) => JSON.stringify(Object.values(keyOf(table, item)))
  const partitionOf = (partitions: Partitions, value: Attribute) => {
    const text = JSON.stringify(value)
    if (!partitions.has(text)) partitions.set(text, new Map())
    return partitions.get(text)!
  }
  const within = (all: Map<string, Partitions>, name: string) => {
    if (!all.has(name)) all.set(name, new Map())
    return all.get(name)!
  }
  const homeOf = (table: string, item: Item) => partitionOf(within(tables, table), item[keyNamesOf(table)![0]])
  const find = (table: string, item: Item) => homeOf(table, item).get(placeOf(table, item))
  const remove = (table: string, item: Item) => {
    const place = placeOf(table, item)
    const stored = homeOf(table, item).get(place)
    homeOf(table, item).delete(place)
    for (const [index, [partition]] of Object.entries(indexKeys)) {
      if (stored?.[partition]) partitionOf(within(indexes, `${table}/${index}`), stored[partition]).delete(place)
    }
  }
  const put = (table: string, given: Item) => {
    remove(table, given)
    const item = structuredClone(given)
    homeOf(table, item).set(placeOf(table, item), item)
    for (const [index, [partition]] of Object.entries(indexKeys)) {
      if (item[partition]) partitionOf(within(indexes, `${table}/${index}`), item[partition]).set(placeOf(table, item), item)
    }
  }
  /** Items that an expression for one partition may find, and the key that they are in the order of. */
  const readPartition = ({ TableName, IndexName, KeyConditionExpression = '', ...input }: Query) => {
    const [partitionKey, sortKey] = IndexName === undefined ? keyNamesOf(TableName)! : indexKeys[IndexName]
    const partitions = IndexName === undefined ? within(tables, TableName) : within(indexes, `${TableName}/${IndexName}`)
    const [, name, value] = /^(#?\w+) = (:\w+)/.exec(KeyConditionExpression) ?? []
    if ((input.ExpressionAttributeNames?.[name] ?? name) !== partitionKey)
      throw new Error(`a query begins with its partition key, got ${KeyConditionExpression}`)
    return { items: [...partitionOf(partitions, input.ExpressionAttributeValues![value]).values()], sortKey: sortKey! }
  }

  const operations: Readonly<Record<string, (input: never) => object>> = {
    PutItem(input: Put) {
      checkCondition(input, find(input.TableName, input.Item))
      put(input.TableName, input.Item)
      return {}
    },
    UpdateItem(input: Conditional & { readonly Key: Item; readonly UpdateExpression: string }) {
      const { TableName, Key, UpdateExpression } = input
      const stored = find(TableName, Key)
      checkCondition(input, stored)
      const changes = UpdateExpression.replace(/^SET /, '')
        .split(', ')
        .map(change => change.split(' = '))
        .map(([name, value]) => [input.ExpressionAttributeNames?.[name] ?? name, input.ExpressionAttributeValues![value]])
      put(TableName, { ...Key, ...stored, ...Object.fromEntries(changes) })
      return {}
    },
    TransactWriteItems({ TransactItems }: { readonly TransactItems: readonly Action[] }) {
      const lost = TransactItems.map(({ Put, Delete }) => {
        const action = Put ?? Delete!
        return !holds(action.ConditionExpression, action, find(action.TableName, Put?.Item ?? Delete!.Key))
      })
      if (lost.includes(true)) throw cancelled(lost.map(isLost => (isLost ? 'ConditionalCheckFailed' : 'None')))
      for (const { Put, Delete } of TransactItems) {
        if (Put) put(Put.TableName, Put.Item)
        else remove(Delete!.TableName, Delete!.Key)
      }
      return {}
    },
    BatchGetItem({ RequestItems }: { readonly RequestItems: Readonly<Record<string, { readonly Keys: readonly Item[] }>> }) {
      const [[table, request]] = Object.entries(RequestItems)
      const { found, rest } = cutAnswer(
        request.Keys.map(key => find(table, key)),
        dynamoLimits.batchAnswerBytes,
      )
      const left = request.Keys.slice(request.Keys.length - rest)
      return { Responses: { [table]: found }, UnprocessedKeys: rest === 0 ? {} : { [table]: { ...request, Keys: left } } }
    },
    BatchWriteItem({ RequestItems }: { readonly RequestItems: Readonly<Record<string, readonly WriteRequest[]>> }) {
      for (const [table, requests] of Object.entries(RequestItems)) {
        for (const { PutRequest, DeleteRequest } of requests) {
          if (PutRequest) put(table, PutRequest.Item)
          else remove(table, DeleteRequest!.Key)
        }
      }
      return { UnprocessedItems: {} }
    },
    Query(input: Query) {
      const { TableName, ExclusiveStartKey, ScanIndexForward = true, Limit = Number.POSITIVE_INFINITY } = input
      const { items, sortKey } = readPartition(input)
      const found = items.filter(item => holds(input.KeyConditionExpression, input, item))
      const ascending = found.sort((a, b) => compare(a[sortKey], b[sortKey]))
      const matching = ScanIndexForward ? ascending : ascending.reverse()
      const start = ExclusiveStartKey
        ? 1 + matching.findIndex(item => placeOf(TableName, item) === placeOf(TableName, ExclusiveStartKey))
        : 0
      const page = cutAnswer(matching.slice(start).slice(0, Limit), dynamoLimits.queryAnswerBytes)
      return { Items: page.found, ...(page.rest > 0 && { LastEvaluatedKey: keyOf(TableName, page.found.at(-1)!) }) }
    },
  }

  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    const operation = command.constructor.name.replace(/Command$/, '')
    calls.push({ operation, input: command.input })
    const refusal = refusalOf(operation, command.input)
    if (refusal) throw Object.assign(new Error(refusal.message), { name: refusal.name })
    return structuredClone(answer(operation, command.input) ?? operations[operation](command.input as never))
  }
  return {
    client: { send } as unknown as DynamoDBClient,
    calls,
    itemsOf: (table: string) => [...within(tables, table).values()].flatMap(items => [...items.values()]),
  }
}

export function cancelled(codes: readonly string[]): TransactionCanceledException {
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`
  return new TransactionCanceledException({ message, $metadata: {}, CancellationReasons: codes.map(Code => ({ Code })) })
}

/** The items that fit into an answer, at least one, and how many of those asked for are left. */
function cutAnswer(items: readonly (Item | undefined)[], bytesAtMost: number): { readonly found: readonly Item[]; readonly rest: number } {
  let bytes = 0
  const end = items.findIndex((item, at) => {
    bytes += item ? bytesOfItem(item) : 0
    return bytes > bytesAtMost && at > 0
  })
  const fitting = end === -1 ? items : items.slice(0, end)
  return { found: fitting.filter(item => item !== undefined), rest: items.length - fitting.length }
}

function checkCondition(input: Conditional, stored: Item | undefined): void {
  if (holds(input.ConditionExpression, input, stored)) return
  throw Object.assign(new Error('The conditional request failed'), { name: 'ConditionalCheckFailedException' })
}

/** Whether an item fulfils an expression of our adapters: comparisons and functions, joined by AND or by OR. */
function holds(
  expression: string | undefined,
  { ExpressionAttributeNames = {}, ExpressionAttributeValues = {} }: Conditional,
  item?: Item,
): boolean {
  if (expression === undefined) return true
  const attribute = (name: string) => item?.[ExpressionAttributeNames[name] ?? name]
  const holdsOne = (part: string): boolean => {
    const [, test, name, value] = /^(\w+)\((#?\w+)(?:, (:\w+))?\)$/.exec(part) ?? []
    if (test === 'attribute_not_exists') return attribute(name) === undefined
    if (test === 'attribute_exists') return attribute(name) !== undefined
    if (test === 'begins_with') return attribute(name)?.S?.startsWith(ExpressionAttributeValues[value].S!) === true
    const [, listed, values] = /^(#?\w+) IN \((.*)\)$/.exec(part) ?? []
    if (listed !== undefined) return values.split(', ').some(value => holdsOne(`${listed} = ${value}`))
    const [, left, sign, right] = /^(#?\w+) (<=|[=<>]) (:\w+)$/.exec(part) ?? []
    if (left === undefined) throw new Error(`the table in memory does not know the expression ${part}`)
    const own = attribute(left)
    if (!own) return false
    const order = compare(own, ExpressionAttributeValues[right])
    return sign === '=' ? order === 0 : sign === '<' ? order < 0 : sign === '<=' ? order <= 0 : order > 0
  }
  return expression.split(' OR ').some(all => all.split(' AND ').every(holdsOne))
}

/** The order of two keys: numbers by value, texts by their bytes. */
function compare(a: Attribute, b: Attribute): number {
  return a.N !== undefined ? Number(a.N) - Number(b.N) : Buffer.compare(Buffer.from(a.S ?? ''), Buffer.from(b.S ?? ''))
}
