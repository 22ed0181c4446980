import { createHash } from 'node:crypto'
import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import { startLayer, stateLength } from '#models/layer/layer.ts'
import { toLayerShape } from '#models/layer/row-reader.ts'
import { hashSettings } from '#models/layer/settings-hash.ts'
import type { LayerShape } from '#models/layer/shape.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'

const count = z.int().min(0)

const header = z.object({
  /** How often it has been written: it names the state in predictions. */
  version: count,
  /** Hash of the feature layout whose rows it scores. */
  definition: z.string(),
  /** What its numbers stand for. */
  settings: z.string(),
  /** Clock time of the last write that learnt something; 0: nothing learnt yet. */
  learntAtMs: z.number(),
  /** Since when it is to learn nothing. */
  frozenSinceMs: z.number().nullable(),
  /** Of each partition of topic `feedback`: the next offset to learn, and the newest of the times that Kafka gave what was looked at. */
  offsets: z.record(z.string(), z.object({ next: count, newestMs: z.number() })),
  /** The places of the labels that were learnt, as counters remember theirs. */
  guard: z.string(),
  /** Labels learnt, and what they cost in all: by the champion, by the layer's score of the prediction, by its score as of the label's release. */
  totals: z.object({ labels: count, champion: z.number(), layer: z.number(), release: z.number() }),
  /** The champion that scored the latest of the rows that were learnt. */
  champion: z.object({ version: z.string(), scoredAtMs: z.number() }).nullable(),
  /** What `log` begins with: the snapshot of that version, or null for a layer that has learnt nothing. */
  origin: count.nullable(),
  /** What each version since has learnt: its number, and spans of partition, first and last offset in `feedback`, without labels that repeat others. */
  log: z.array(z.tuple([count, z.array(z.tuple([count, count, count]))])),
})

/** The layer as it is stored, by its single writer: what it is of, what it has learnt and from what. */
export type LayerHeader = z.output<typeof header>
export interface LayerState extends LayerHeader {
  /** models/layer's own state. */
  readonly numbers: Float64Array
}

type Layout = Pick<Pipeline, 'features' | 'definition'> & { readonly layer: Pipeline['layer'] }

/** The shape of a definition's layer. */
export const shapeOf = ({ features, layer }: Omit<Layout, 'definition'>): LayerShape => toLayerShape(features, layer?.periods ?? [])

/** Whether a state is of this definition and of these settings: only then its numbers can be read. */
export function fits(pipeline: Layout, { definition, settings, numbers }: LayerState): boolean {
  const shape = shapeOf(pipeline)
  return definition === pipeline.definition && settings === hashSettings(shape) && numbers.length === stateLength(shape)
}

/** Whether it has learnt nothing for so long that the champion decides alone; a frozen one never is. */
export function isStale({ learntAtMs, frozenSinceMs }: LayerHeader, staleAfterMs: number, nowMs: number): boolean {
  return frozenSinceMs === null && nowMs - learntAtMs > staleAfterMs
}

/** The state of a layer that has learnt nothing, in the place of `before`, whose records it is not to learn. */
export function startState(pipeline: Layout, before?: LayerState): LayerState {
  const shape = shapeOf(pipeline)
  return {
    version: 0,
    offsets: {},
    guard: '',
    frozenSinceMs: null,
    ...before,
    definition: pipeline.definition,
    settings: hashSettings(shape),
    learntAtMs: 0,
    totals: { labels: 0, champion: 0, layer: 0, release: 0 },
    champion: null,
    origin: null,
    log: [],
    numbers: startLayer(shape),
  }
}

/** A line of JSON, and the numbers as 64-bit floats, lowest byte first, with a checksum of both that finds a state that is cut. */
export function encodeState({ numbers, ...rest }: LayerState): Uint8Array {
  const bytes = Buffer.concat([
    Buffer.from(`${JSON.stringify(rest)}\n`),
    Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength),
  ])
  return Buffer.concat([checksumOf(bytes), bytes])
}

const checksumBytes = 32
const checksumOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** @throws MillraceError LAYER_INVALID where it is cut or none */
export function decodeState(body: Uint8Array, key: string): LayerState {
  try {
    const bytes = Buffer.from(body).subarray(checksumBytes)
    if (!checksumOf(bytes).equals(body.subarray(0, checksumBytes))) throw new Error('its checksum is wrong')
    const end = bytes.indexOf('\n')
    const rest = header.parse(JSON.parse(bytes.subarray(0, end).toString('utf8')))
    const own = bytes.subarray(end + 1)
    const numbers = new Float64Array(own.byteLength / Float64Array.BYTES_PER_ELEMENT)
    Buffer.from(numbers.buffer).set(own)
    if (!numbers.every(Number.isFinite)) throw new Error('it holds what is no number')
    return { ...rest, numbers }
  } catch (cause) {
    throw new MillraceError('LAYER_INVALID', `${key} is no state of a layer: ${(cause as Error).message}`, { cause })
  }
}
