/** A value as DynamoDB's API carries it; bytes as the SDK gives them, or in base64 as they travel. */
export interface Attribute {
  readonly S?: string
  readonly N?: string
  readonly B?: Uint8Array | string
  readonly BOOL?: boolean
  readonly NULL?: boolean
  readonly M?: Item
  readonly L?: readonly Attribute[]
  readonly SS?: readonly string[]
  readonly NS?: readonly string[]
  readonly BS?: readonly (Uint8Array | string)[]
}
export type Item = Readonly<Record<string, Attribute>>

/** The names of a table's keys. */
export type KeyNames = readonly [partition: string, sort?: string]

/** An error of DynamoDB's. */
export interface Refusal {
  readonly name: string
  readonly message: string
}

/** A request of one of the operations below, as far as limits go. */
interface Request {
  readonly TableName?: string
  readonly Item?: Item
  readonly Key?: Item
  /** Of a batch read keys, of a batch write requests, by table. */
  readonly RequestItems?: Readonly<Record<string, object>>
  readonly TransactItems?: readonly Readonly<Partial<Record<'Put' | 'Update' | 'Delete' | 'ConditionCheck', Request>>>[]
  readonly ExpressionAttributeValues?: Item
}
type Reads = { readonly Keys: readonly Item[] }
type Writes = readonly { readonly PutRequest?: { readonly Item: Item }; readonly DeleteRequest?: { readonly Key: Item } }[]

/**
 * DynamoDB's limits, which emulators do not have.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export const dynamoLimits = {
  itemBytes: 400 * 1_024,
  partitionKeyBytes: 2_048,
  sortKeyBytes: 1_024,
  writesPerBatch: 25,
  readsPerBatch: 100,
  batchBytes: 16 * 1_048_576,
  actionsPerTransaction: 100,
  transactionBytes: 4 * 1_048_576,
  /** Of the items in an answer: what goes beyond is left unprocessed, or comes with the next page. */
  batchAnswerBytes: 16 * 1_048_576,
  queryAnswerBytes: 1_048_576,
}

/** The keys of this project's tables, as `cdk/stores.ts` makes them, by a part of the table's name. */
const projectKeys: Readonly<Record<string, KeyNames>> = {
  predictions: ['id'],
  counters: ['partition', 'name'],
  state: ['log', 'number'],
  waiting: ['key'],
}

export function keyNamesOf(table: string): KeyNames | undefined {
  const part = Object.keys(projectKeys).find(name => table.toLowerCase().includes(name))
  return part === undefined ? undefined : projectKeys[part]
}

/** What DynamoDB would say to a request because of its size or its keys; undefined where it would take it. A table of unknown keys has only its sizes checked. */
export function refusalOf(
  operation: string,
  input: object,
  keysOf: (table: string) => KeyNames | undefined = keyNamesOf,
): Refusal | undefined {
  const message = checks[operation]?.(input as Request, keysOf)
  return message === undefined ? undefined : { name: 'ValidationException', message }
}

type Check = (input: Request, keysOf: (table: string) => KeyNames | undefined) => string | undefined

const checks: Readonly<Record<string, Check>> = {
  PutItem: ({ TableName = '', Item = {} }, keysOf) => checkItem(Item) ?? checkKey(Item, keysOf(TableName)),
  GetItem: ({ TableName = '', Key = {} }, keysOf) => checkKey(Key, keysOf(TableName)),
  UpdateItem: ({ TableName = '', Key = {} }, keysOf) => checkKey(Key, keysOf(TableName)),
  DeleteItem: ({ TableName = '', Key = {} }, keysOf) => checkKey(Key, keysOf(TableName)),
  Query: ({ ExpressionAttributeValues = {} }) =>
    first(Object.values(ExpressionAttributeValues), value => checkKeyValue(value, dynamoLimits.partitionKeyBytes)) ??
    checkNumbers(ExpressionAttributeValues),
  BatchGetItem({ RequestItems = {} }, keysOf) {
    const places = Object.entries(RequestItems).flatMap(([table, reads]) => toPlaces(table, (reads as Reads).Keys, keysOf))
    if (places.length === 0) return '1 validation error detected: requestItems must have at least one key'
    if (places.length > dynamoLimits.readsPerBatch) return 'Too many items requested for the BatchGetItem call'
    return checkPlaces(places, 'Provided list of item keys contains duplicates')
  },
  BatchWriteItem({ RequestItems = {} }, keysOf) {
    const writes = Object.entries(RequestItems).flatMap(([table, requests]) =>
      (requests as Writes).map(({ PutRequest, DeleteRequest }) => ({
        table,
        item: PutRequest?.Item,
        key: PutRequest?.Item ?? DeleteRequest?.Key ?? {},
      })),
    )
    const items = writes.map(({ item }) => item).filter(item => item !== undefined)
    if (writes.length === 0) return '1 validation error detected: requestItems must have at least one request'
    if (writes.length > dynamoLimits.writesPerBatch) return 'Too many items requested for the BatchWriteItem call'
    if (sum(items.map(bytesOfItem)) > dynamoLimits.batchBytes) return 'Request size exceeds the limit of 16 MB'
    const places = writes.flatMap(({ table, key }) => toPlaces(table, [key], keysOf))
    return first(items, checkItem) ?? checkPlaces(places, 'Provided list of item keys contains duplicates')
  },
  TransactWriteItems({ TransactItems = [] }, keysOf) {
    const actions = TransactItems.flatMap(action => Object.values(action))
    const items = actions.map(({ Item }) => Item).filter(item => item !== undefined)
    if (actions.length === 0) return '1 validation error detected: transactItems must have length greater than or equal to 1'
    if (actions.length > dynamoLimits.actionsPerTransaction) return 'Member must have length less than or equal to 100'
    if (sum(items.map(bytesOfItem)) > dynamoLimits.transactionBytes)
      return 'The aggregate size of the items in the transaction exceeds 4 MB'
    const places = actions.flatMap(({ TableName = '', Item, Key }) => toPlaces(TableName, [Item ?? Key ?? {}], keysOf))
    return first(items, checkItem) ?? checkPlaces(places, 'Transaction request cannot include multiple operations on one item')
  },
}

/**
 * The bytes of an item as DynamoDB counts them: names and values in UTF-8.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function bytesOfItem(item: Item): number {
  return sum(Object.entries(item).map(([name, value]) => Buffer.byteLength(name) + bytesOf(value)))
}

function bytesOf({ S, N, B, M, L, SS, NS, BS }: Attribute): number {
  if (S !== undefined) return Buffer.byteLength(S)
  if (N !== undefined) return bytesOfNumber(N)
  if (B !== undefined) return bytesOfBinary(B)
  if (M !== undefined) return 3 + sum(Object.entries(M).map(([name, value]) => 1 + Buffer.byteLength(name) + bytesOf(value)))
  if (L !== undefined) return 3 + sum(L.map(value => 1 + bytesOf(value)))
  if (SS !== undefined) return sum(SS.map(text => Buffer.byteLength(text)))
  if (NS !== undefined) return sum(NS.map(bytesOfNumber))
  if (BS !== undefined) return sum(BS.map(bytesOfBinary))
  return 1 // a boolean or null
}

/** A byte for two significant digits, one more, and one for a sign. */
function bytesOfNumber(text: string): number {
  return Math.ceil(significantDigits(text) / 2) + 1 + Number(text.startsWith('-'))
}

const bytesOfBinary = (bytes: Uint8Array | string) => (typeof bytes === 'string' ? Buffer.from(bytes, 'base64').length : bytes.length)

function checkItem(item: Item): string | undefined {
  return bytesOfItem(item) > dynamoLimits.itemBytes ? 'Item size has exceeded the maximum allowed size' : checkNumbers(item)
}

/**
 * Numbers have up to 38 digits, and are 0 or from 1E-130 to below 1E126 in size.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
function checkNumbers(item: Item): string | undefined {
  return first(Object.values(item), ({ N, NS = [], M = {}, L = [] }) => {
    return first(N === undefined ? NS : [N, ...NS], checkNumber) ?? checkNumbers(M) ?? checkNumbers(Object.fromEntries(L.entries()))
  })
}

function checkNumber(text: string): string | undefined {
  const size = Math.abs(Number(text))
  if (Number.isNaN(size) || text.trim() === '') return `The parameter cannot be converted to a numeric value: ${text}`
  if (significantDigits(text) > 38) return 'Attempting to store more than 38 significant digits in a Number'
  if (size >= 1e126) return 'Number overflow. Attempting to store a number with magnitude larger than supported range'
  if (size !== 0 && size < 1e-130) return 'Number underflow. Attempting to store a number with magnitude smaller than supported range'
  return undefined
}

function significantDigits(text: string): number {
  return text
    .replace(/e.*$/i, '')
    .replace(/\D/g, '')
    .replace(/^0+|0+$/g, '').length
}

function checkKey(item: Item, names: KeyNames | undefined): string | undefined {
  if (!names) return undefined
  const limits = [dynamoLimits.partitionKeyBytes, dynamoLimits.sortKeyBytes]
  return first(
    names.map((name, at) => ({ name: name!, limit: limits[at] })),
    ({ name, limit }) => (item[name] ? checkKeyValue(item[name], limit) : `One of the required keys was not given a value: ${name}`),
  )
}

function checkKeyValue({ S, B }: Attribute, limit: number): string | undefined {
  const value = S ?? B
  if (value === undefined) return undefined
  const bytes = typeof value === 'string' && S !== undefined ? Buffer.byteLength(value) : bytesOfBinary(value)
  if (bytes === 0) return 'One or more parameter values are not valid. A value specified for a key is empty'
  return bytes > limit
    ? `One or more parameter values were invalid: size of key has exceeded the maximum size limit of ${limit} bytes`
    : undefined
}

interface Place {
  readonly key: Item
  readonly names: KeyNames | undefined
  /** The table and its keys, where they are known. */
  readonly text: string | undefined
}

function toPlaces(table: string, keys: readonly Item[], keysOf: (table: string) => KeyNames | undefined): Place[] {
  const names = keysOf(table)
  return keys.map(key => ({ key, names, text: names && JSON.stringify([table, ...names.map(name => key[name!])]) }))
}

function checkPlaces(places: readonly Place[], ifTwice: string): string | undefined {
  const texts = places.flatMap(({ text }) => text ?? [])
  return first(places, ({ key, names }) => checkKey(key, names)) ?? (new Set(texts).size < texts.length ? ifTwice : undefined)
}

/** What the first of the items that has something to say says. */
function first<T>(items: readonly T[], check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const message = check(item)
    if (message !== undefined) return message
  }
  return undefined
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
