import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
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

/**
 * Sends records by librdkafka's Python client, which has a folder of its own under .local/; all that it was given is there when it resolves.
 *
 * @throws Error with what Python said
 * @example await produceForeign(broker.brokers, [{ topic: 't', codec: 'zstd', value: 'v' }])
 */
export async function produceForeign(brokers: string, records: readonly ForeignRecord[]): Promise<void> {
  const python = await installPython('librdkafka', ['confluent-kafka==2.16.1'])
  const child = spawn(python, [path.join(import.meta.dirname, 'librdkafka', 'produce.py'), brokers])
  const said = text(child.stderr)
  child.stdin.end(records.map(toLine).join(''))
  const [exitCode] = await once(child, 'close')
  if (exitCode !== 0) throw new Error(`librdkafka did not send all of ${records.length} records: ${await said}`)
}

function toLine({ key, value, headers = [], ...rest }: ForeignRecord): string {
  const pairs = headers.map(([name, content]) => [name, toBase64(content)])
  return `${JSON.stringify({ ...rest, key: toBase64(key), value: toBase64(value), headers: pairs })}\n`
}

const toBase64 = (content: Buffer | string | null | undefined) => (content == null ? null : Buffer.from(content).toString('base64'))
