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
  readonly ExclusiveStartKey?: Item
  readonly ScanIndexForward?: boolean
  readonly Limit?: number
}
type WriteRequest = { readonly PutRequest?: { readonly Item: Item }; readonly DeleteRequest?: { readonly Key: Item } }

/**
 * DynamoDB in memory, as far as our adapters call it: every request is held against DynamoDB's limits, and answers end where DynamoDB's do.
 *
 * `calls` names each operation, with its input; `answer` may give the answer to one, or throw, in place of the table.
 */
export function memoryDynamo(answer: (operation: string, input: object) => object | undefined = () => undefined) {
  const tables = new Map<string, Map<string, Item>>()
  const calls: { readonly operation: string; readonly input: object }[] = []
  const tableOf = (name: string) => {
    if (!tables.has(name)) tables.set(name, new Map())
    return tables.get(name)!
  }
  const keyOf = (table: string, item: Item): Item => Object.fromEntries(keyNamesOf(table)!.map(name => [name!, item[name!]]))
  const placeOf = (table: string, item: Item) => JSON.stringify(Object.values(keyOf(table, item)))
  const find = (table: string, item: Item) => tableOf(table).get(placeOf(table, item))
  const put = (table: string, item: Item) => void tableOf(table).set(placeOf(table, item), structuredClone(item))

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
    TransactWriteItems({ TransactItems }: { readonly TransactItems: readonly { readonly Put: Put }[] }) {
      const lost = TransactItems.map(({ Put }) => !holds(Put.ConditionExpression, Put, find(Put.TableName, Put.Item)))
      if (lost.includes(true)) throw cancelled(lost.map(isLost => (isLost ? 'ConditionalCheckFailed' : 'None')))
      for (const { Put } of TransactItems) put(Put.TableName, Put.Item)
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
          else tableOf(table).delete(placeOf(table, DeleteRequest!.Key))
        }
      }
      return { UnprocessedItems: {} }
    },
    Query(input: Query) {
      const { TableName, ExclusiveStartKey, ScanIndexForward = true, Limit = Number.POSITIVE_INFINITY } = input
      const sortKey = keyNamesOf(TableName)![1]!
      const ascending = [...tableOf(TableName).values()].sort((a, b) => compare(a[sortKey], b[sortKey]))
      const ordered = ScanIndexForward ? ascending : ascending.reverse()
      const matching = ordered.filter(item => holds(input.KeyConditionExpression, input, item))
      const start = ExclusiveStartKey
        ? 1 + matching.findIndex(item => placeOf(TableName, item) === placeOf(TableName, ExclusiveStartKey))
        : 0
      const { found, rest } = cutAnswer(matching.slice(start).slice(0, Limit), dynamoLimits.queryAnswerBytes)
      return { Items: found, ...(rest > 0 && { LastEvaluatedKey: keyOf(TableName, found.at(-1)!) }) }
    },
  }

  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    const operation = command.constructor.name.replace(/Command$/, '')
    calls.push({ operation, input: command.input })
    const refusal = refusalOf(operation, command.input)
    if (refusal) throw Object.assign(new Error(refusal.message), { name: refusal.name })
    return structuredClone(answer(operation, command.input) ?? operations[operation](command.input as never))
  }
  return { client: { send } as unknown as DynamoDBClient, calls, itemsOf: (table: string) => [...tableOf(table).values()] }
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
    const [, left, sign, right] = /^(#?\w+) ([=<>]) (:\w+)$/.exec(part) ?? []
    if (left === undefined) throw new Error(`the table in memory does not know the expression ${part}`)
    const own = attribute(left)
    if (!own) return false
    const order = compare(own, ExpressionAttributeValues[right])
    return sign === '=' ? order === 0 : sign === '<' ? order < 0 : order > 0
  }
  return expression.split(' OR ').some(all => all.split(' AND ').every(holdsOne))
}

/** The order of two keys: numbers by value, texts by their bytes. */
function compare(a: Attribute, b: Attribute): number {
  return a.N !== undefined ? Number(a.N) - Number(b.N) : Buffer.compare(Buffer.from(a.S ?? ''), Buffer.from(b.S ?? ''))
}
