import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { bytesOfItem, type Item } from '../../dynamo-limits.ts'
import { memoryDynamo } from '../../memory-dynamo.ts'
import { toAwsCall, toDynamoError } from '../faults/aws-call.ts'
import { enforceLimits } from '../hostile/limits.ts'
import { type Bucket, openBucket } from './bucket.ts'
import { answerS3, nameS3Call, type S3Answer } from './s3-calls.ts'

/** How long AWS takes to answer, about: S3's first byte within its region, and DynamoDB's single digits of milliseconds. */
const latencyMs = { s3: 25, dynamo: 5 }

/** What was asked of AWS since the count began. */
export interface Usage {
  /** Calls by their operation: `GetObject`, `Query`, … */
  readonly calls: Readonly<Record<string, number>>
  /** The most calls that began in one second, of S3 and of DynamoDB. */
  readonly callsASecondAtMost: { readonly s3: number; readonly dynamo: number }
  readonly largestItemBytes: number
  readonly largestObjectBytes: number
  readonly objectsWritten: number
  /** What AWS would have refused, in a line each. */
  readonly refused: readonly string[]
}

/** S3, DynamoDB, SNS and MSK of an account that has run for a year, behind the SDK's own protocol, with the limits and about the latency of AWS. */
export interface Cloud {
  readonly endpoint: string
  bucket(name: string): Bucket
  /** For writing what the year left; it counts nothing. */
  readonly dynamo: DynamoDBClient
  itemCount(table: string): number
  /** What was asked since the last time this was called. */
  takeUsage(): Usage
  close(): Promise<void>
}

/**
 * Starts it on 127.0.0.1 with its objects in a folder.
 *
 * It stands in for the emulator, which takes minutes for tens of thousands of objects: its memory is not the functions', and it refuses what AWS refuses.
 */
export async function startCloud(folder: string, brokers: string): Promise<Cloud> {
  const buckets = new Map<string, Bucket>()
  const bucketOf = (name: string) => {
    if (!buckets.has(name)) buckets.set(name, openBucket(path.join(folder, name)))
    return buckets.get(name)!
  }
  const { client, itemsOf, calls } = memoryDynamo()
  let count = makeCount()
  const limits = enforceLimits(line => count.refused.push(line))

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(error => outgoing.writeHead(500).end(String(error)))
  })

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url: pathAndQuery = '/', headers } = incoming
    const body = await readAll(incoming)
    const call = toAwsCall(method, pathAndQuery, headers['x-amz-target'] as string | undefined, body)
    const own = limits(call)
    const send = ({ status, type, body, headers = {} }: S3Answer) => {
      outgoing.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers }).end(body)
    }
    if (own?.kind === 'answer') return send(own.answer)
    if (call.dynamoOperation !== undefined) {
      count.add('dynamo', call.dynamoOperation)
      await sleep(latencyMs.dynamo)
      return send(await answerDynamo(call.dynamoOperation, JSON.parse(String(body))))
    }
    if (pathAndQuery.endsWith('/bootstrap-brokers')) {
      return send({ status: 200, type: 'application/json', body: JSON.stringify({ bootstrapBrokerString: brokers }) })
    }
    if (method === 'POST' && pathAndQuery === '/') {
      count.add('dynamo', 'Publish')
      const answerText = '<PublishBatchResponse><PublishBatchResult><Successful/><Failed/></PublishBatchResult></PublishBatchResponse>'
      return send({ status: 200, type: 'text/xml', body: answerText })
    }
    const s3Call = { method, url: new URL(pathAndQuery, 'http://s3'), headers: headers as Record<string, string>, body }
    count.add('s3', nameS3Call(s3Call))
    if (method === 'PUT') count.object(body.length)
    await sleep(latencyMs.s3)
    send(answerS3(bucketOf, s3Call))
  }

  async function answerDynamo(operation: string, input: object): Promise<S3Answer> {
    for (const item of writtenItems(operation, input)) count.item(bytesOfItem(item))
    try {
      const answered = await client.send({ constructor: { name: `${operation}Command` }, input } as never)
      calls.length = 0
      return { status: 200, type: 'application/x-amz-json-1.0', body: JSON.stringify(answered) }
    } catch (error) {
      const { name, message, CancellationReasons } = error as Error & { readonly CancellationReasons?: unknown }
      const refusal = toDynamoError(400, name, message)
      return CancellationReasons === undefined
        ? refusal
        : { ...refusal, body: JSON.stringify({ ...JSON.parse(refusal.body), CancellationReasons }) }
    }
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  server.keepAliveTimeout = 60_000 // the functions keep their connections
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket: bucketOf,
    dynamo: localClient(client),
    itemCount: table => itemsOf(table).length,
    takeUsage() {
      const taken = count.usage()
      count = makeCount()
      return taken
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function makeCount() {
  const calls: Record<string, number> = {}
  const seconds = { s3: new Map<number, number>(), dynamo: new Map<number, number>() }
  const refused: string[] = []
  const most = { itemBytes: 0, objectBytes: 0, objects: 0 }
  return {
    refused,
    add(service: keyof typeof seconds, operation: string) {
      calls[operation] = (calls[operation] ?? 0) + 1
      const second = Math.floor(performance.now() / 1_000)
      seconds[service].set(second, (seconds[service].get(second) ?? 0) + 1)
    },
    item(bytes: number) {
      most.itemBytes = Math.max(most.itemBytes, bytes)
    },
    object(bytes: number) {
      most.objectBytes = Math.max(most.objectBytes, bytes)
      most.objects++
    },
    usage: (): Usage => ({
      calls,
      callsASecondAtMost: { s3: Math.max(0, ...seconds.s3.values()), dynamo: Math.max(0, ...seconds.dynamo.values()) },
      largestItemBytes: most.itemBytes,
      largestObjectBytes: most.objectBytes,
      objectsWritten: most.objects,
      refused,
    }),
  }
}

/** The items that a call writes. */
function writtenItems(operation: string, input: object): readonly Item[] {
  const {
    Item: own,
    RequestItems,
    TransactItems,
  } = input as {
    readonly Item?: Item
    readonly RequestItems?: Readonly<Record<string, readonly { readonly PutRequest?: { readonly Item: Item } }[]>>
    readonly TransactItems?: readonly { readonly Put?: { readonly Item: Item } }[]
  }
  if (own) return [own]
  const requests = operation === 'BatchWriteItem' ? Object.values(RequestItems ?? {}).flat() : []
  const puts = [...requests.map(({ PutRequest }) => PutRequest), ...(TransactItems ?? []).map(({ Put }) => Put)]
  return puts.filter(put => put !== undefined).map(put => put.Item)
}

/** A client of this process that takes and gives bytes as the SDK's does, while the tables hold them in base64, as they travel. */
function localClient(client: Pick<DynamoDBClient, 'send'>): DynamoDBClient {
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    const input = JSON.parse(JSON.stringify(command.input, toBase64))
    const answer = await client.send({ constructor: { name: command.constructor.name }, input } as never)
    return JSON.parse(JSON.stringify(answer), (name, value) => {
      return name === 'B' && typeof value === 'string' ? Buffer.from(value, 'base64') : value
    })
  }
  return { send } as unknown as DynamoDBClient
}

function toBase64(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const own = this[name]
  return own instanceof Uint8Array ? Buffer.from(own).toString('base64') : value
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
