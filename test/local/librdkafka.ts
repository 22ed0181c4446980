import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { installPython } from './python-folder.ts'

/** A record as another client's user writes it: any codec, any header, in their order. */
export interface ForeignRecord {
  readonly topic: string
  readonly partition?: number
  readonly codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly key?: Buffer | string | null
  readonly value?: Buffer | string | null
  readonly headers?: readonly (readonly [name: string, value: Buffer | string | null])[]
  /** By the producer's clock; now if absent. */
  readonly timestampMs?: number
}

/** Where a record is, or why it is nowhere. */
export type ForeignPlace = { readonly partition: number; readonly offset: number } | { readonly refusal: string }

/** librdkafka's Python client at work in a process of its own. */
export interface ForeignProducer {
  /** One call at a time. */
  send(records: readonly ForeignRecord[]): Promise<readonly ForeignPlace[]>
  close(): Promise<void>
}

/**
 * Starts librdkafka's Python client, which has a folder of its own under .local/.
 *
 * @throws Error with what pip said; `send` throws with what Python said
 * @example const [place] = await (await openForeignProducer(broker.brokers)).send([{ topic: 't', codec: 'zstd', value: 'v' }])
 */
export async function openForeignProducer(brokers: string): Promise<ForeignProducer> {
  const python = await installPython('librdkafka', ['confluent-kafka==2.16.1'])
  const child = spawn(python, [path.join(import.meta.dirname, 'librdkafka', 'produce.py'), brokers])
  const said = text(child.stderr)
  const closed = once(child, 'close')
  child.stdin.on('error', () => {}) // it has ended, and the next answer does not come
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async send(records) {
      child.stdin.write(`[${records.map(toJson)}]\n`)
      const answer = await answers.next()
      if (answer.done) throw new Error(`librdkafka did not send ${records.length} records: ${await said}`)
      const places = JSON.parse(answer.value) as readonly (readonly [number, number] | string)[]
      return places.map(place => (typeof place === 'string' ? { refusal: place } : { partition: place[0], offset: place[1] }))
    },
    async close() {
      child.stdin.end()
      await closed
    },
  }
}

/**
 * Sends records by librdkafka's Python client; all that it was given is there when it resolves.
 *
 * @throws Error with what Python said, or why a record was refused
 * @example await produceForeign(broker.brokers, [{ topic: 't', codec: 'zstd', value: 'v' }])
 */
export async function produceForeign(brokers: string, records: readonly ForeignRecord[]): Promise<void> {
  const producer = await openForeignProducer(brokers)
  try {
    for (const place of await producer.send(records)) {
      if ('refusal' in place) throw new Error(`librdkafka did not send all of ${records.length} records: ${place.refusal}`)
    }
  } finally {
    await producer.close()
  }
}

function toJson({ key, value, headers = [], ...rest }: ForeignRecord): string {
  const pairs = headers.map(([name, content]) => [name, toBase64(content)])
  return JSON.stringify({ ...rest, key: toBase64(key), value: toBase64(value), headers: pairs })
}

const toBase64 = (content: Buffer | string | null | undefined) => (content == null ? null : Buffer.from(content).toString('base64'))
