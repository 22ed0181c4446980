import type { Link } from './link.ts'
import { type LayerShape, traceParts } from './shape.ts'

const labelsBytes = Float32Array.BYTES_PER_ELEMENT
const codeBytes = Uint16Array.BYTES_PER_ELEMENT
/** Inputs of the label memory are within 1: 16 bits, the middle one 0. */
const inputSteps = 32_767

/** Bytes of a trace as text, before base64: the labels so far, and 16 bits of each input of the label memory, expert and combiner. */
const bytesOf = (shape: LayerShape) => labelsBytes + codeBytes * (traceParts(shape).score - 1)

/**
 * A trace as a text that travels with its prediction: some hundred letters, so that a prediction still fits a write unit of DynamoDB. The layer's own
 * score is not in it.
 */
export function toTraceText(shape: LayerShape, link: Link, trace: Float32Array): string {
  const { memory, experts, score } = traceParts(shape)
  const bytes = Buffer.alloc(bytesOf(shape))
  bytes.writeFloatLE(trace[0], 0)
  let at = labelsBytes
  for (let input = memory; input < experts; input++, at += codeBytes)
    bytes.writeUInt16LE(Math.round(trace[input] * inputSteps) + inputSteps, at)
  for (let member = experts; member < score; member++, at += codeBytes) bytes.writeUInt16LE(link.toCode(trace[member]), at)
  return bytes.toString('base64')
}

/**
 * The trace of a text and the score beside it; undefined where no layer of this shape has written them: what they say is learnt.
 *
 * @example const trace = parseTrace(shape, yesNoLink, layer)
 */
export function parseTrace(
  shape: LayerShape,
  link: Link,
  { trace: text, score: own }: { readonly trace: string; readonly score: number },
): Float32Array | undefined {
  const { memory, experts, score, length } = traceParts(shape)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.byteLength !== bytesOf(shape)) return undefined
  const trace = new Float32Array(length)
  trace[0] = bytes.readFloatLE(0)
  let at = labelsBytes
  for (let input = memory; input < experts; input++, at += codeBytes) trace[input] = (bytes.readUInt16LE(at) - inputSteps) / inputSteps
  for (let member = experts; member < score; member++, at += codeBytes) trace[member] = link.clip(link.fromCode(bytes.readUInt16LE(at)))
  trace[score] = own
  const isWhole = Number.isFinite(trace[0]) && trace[0] >= 0 && link.clip(own) === own && Math.abs(trace[memory]) <= 1
  return isWhole && trace.every(Number.isFinite) ? trace : undefined
}
