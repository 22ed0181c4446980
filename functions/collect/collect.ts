import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { isTooDeep, isValueTooDeep, levelsAtMost } from '../nesting.ts'
import type { OutgoingRecord, SendRecords } from '../ports.ts'
import { recordBytes, recordBytesAtMost } from '../record-bytes.ts'
import { toPaths } from './paths.ts'

/** What came over HTTP: the last part of the path, and the body as it was sent. */
export interface CollectRequest {
  readonly path: string
  readonly body: Uint8Array
}

/** The answer: an HTTP status, and a body that goes out as JSON. */
export interface CollectAnswer {
  readonly statusCode: 200 | 207 | 400 | 404 | 413 | 503
  readonly body: {
    /** Records that are in Kafka now. */
    readonly accepted: number
    /** Records that were refused, by their place in the request. */
    readonly rejected: readonly { readonly at: number; readonly field: string; readonly reason: string }[]
    /** Why nothing was taken. */
    readonly error?: string
  }
}

/** Bytes and records of one request. */
const bytesAtMost = 1_000_000
const recordsAtMost = 5_000

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Takes events, and what else the deployment `offers` (labels, records of inputs), over HTTP: checks each record against the definition, publishes the good ones, says of each bad one which field
 * and why. A body is one JSON object, a JSON array of them, or one object a line.
 *
 * 200 all taken, 207 some, 400 none, 404 a path that is not offered, 413 too large, 503 Kafka did not take them: send the
 * request again; the answer says what comes of records that are then sent twice.
 */
export function makeCollect({
  pipeline,
  offers,
  send,
}: {
  readonly pipeline: Pipeline
  /** The paths that the deployment has routes for. */
  readonly offers: readonly string[]
  readonly send: SendRecords
}) {
  const paths = new Map([...toPaths(pipeline)].filter(([path]) => offers.includes(path)))
  const allowed = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(paths.keys())
  return async ({ path, body }: CollectRequest): Promise<CollectAnswer> => {
    const taken = paths.get(path)
    if (!taken) return refuse(404, `the path must end in ${allowed}, got '${path}'`)
    if (body.byteLength > bytesAtMost)
      return refuse(413, `a body must be at most ${bytesAtMost} bytes, got ${body.byteLength}; send several requests`)
    const values = parseBody(body)
    if (typeof values === 'string') return refuse(400, values)
    if (values.length > recordsAtMost) return refuse(413, `a body must hold at most ${recordsAtMost} records, got ${values.length}`)

    const records: OutgoingRecord[] = []
    const rejected: CollectAnswer['body']['rejected'][number][] = []
    const isSomeDeep = isTooDeep(body)
    values.forEach((value, at) => {
      if (isSomeDeep && isValueTooDeep(value)) {
        rejected.push({ at, field: 'value', reason: `must be nested at most ${levelsAtMost} levels deep` })
        return
      }
      const made = taken.toRecord(value)
      if (!made.ok) rejected.push({ at, field: made.field, reason: made.reason })
      else if (recordBytes(made.value) <= recordBytesAtMost) records.push(made.value)
      else
        rejected.push({
          at,
          field: 'value',
          reason: `must be at most ${recordBytesAtMost} bytes with its key, got ${recordBytes(made.value)}`,
        })
    })
    try {
      await send(records)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      return refuse(503, `${error.message}; send the request again: ${taken.ofRepeats}`)
    }
    const statusCode = rejected.length === 0 ? 200 : records.length > 0 ? 207 : 400
    return { statusCode, body: { accepted: records.length, rejected } }
  }
}

function refuse(statusCode: CollectAnswer['statusCode'], error: string): CollectAnswer {
  return { statusCode, body: { accepted: 0, rejected: [], error } }
}

/** The records of a body, or what is wrong with it. */
function parseBody(body: Uint8Array): unknown[] | string {
  let text: string
  try {
    text = utf8.decode(body).trim()
  } catch {
    return 'the body must be UTF-8'
  }
  if (text === '') return 'the body must hold at least one record'
  const whole = parseJson(text)
  if (whole.ok) return Array.isArray(whole.value) ? whole.value : [whole.value]
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const values: unknown[] = []
  for (const [at, line] of lines.entries()) {
    const parsed = parseJson(line)
    if (!parsed.ok)
      return `the body must be JSON or one JSON object a line: ${lines.length === 1 ? whole.reason : `line ${at + 1}: ${parsed.reason}`}`
    values.push(parsed.value)
  }
  return values
}

function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string } {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    return { ok: false, reason: (error as Error).message }
  }
}
