import { MillraceError } from '../errors.ts'

/** The wire types of protobuf that ONNX uses; groups it has none. */
const wireTypes = { varint: 0, eightBytes: 1, bytes: 2, fourBytes: 5 } as const

/**
 * The way from a model to every place where a tensor may stand: of each message the fields, by number, that lead there, and to which message.
 * Subgraphs, the model's own functions, sparse tensors and training graphs are on it, not only the constants of the main graph.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */
const ways = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
} as const satisfies Readonly<Record<string, Readonly<Record<number, string>>>>

type Message = keyof typeof ways

/** In a tensor: its name, and where its values are, 1 being another file. */
const tensorFields = { name: 8, dataLocation: 14 }
const external = 1

/** More nested graphs than any model has; a file that goes on must not end the process. */
const depthAtMost = 100

/**
 * The names of the tensors that an ONNX file keeps in other files, wherever in it they stand; '' where one has no name.
 *
 * A model is its bytes: with a part in another file its hash would say nothing of that part, and whether a path that the file's maker chose
 * is opened would be up to the runtime's version (1.30 refuses the plain cases). It reads the wire format alone and skips the tensors' values:
 * 0.4 ms for half a megabyte of trees, 8 ms the first time in a process.
 *
 * @throws MillraceError BUNDLE_INVALID where the bytes are no protobuf message
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function findExternalTensors(onnx: Uint8Array): string[] {
  const found: string[] = []
  walk(onnx, 'model', 0, found)
  return found
}

function walk(bytes: Uint8Array, message: Message, depth: number, found: string[]): void {
  if (depth > depthAtMost) throw refuse('its graphs are nested too deep')
  const way: Readonly<Record<number, Message>> = ways[message]
  let name = ''
  let isExternal = false
  for (const { field, value } of fieldsOf(bytes)) {
    if (typeof value === 'number') isExternal ||= message === 'tensor' && field === tensorFields.dataLocation && value === external
    else if (message === 'tensor' && field === tensorFields.name) name = Buffer.from(value).toString('utf8')
    else if (way[field] !== undefined) walk(value, way[field], depth + 1, found)
  }
  if (isExternal) found.push(name)
}

/** The fields of a message that are numbers, of 32 bits, or bytes. */
function* fieldsOf(bytes: Uint8Array): Generator<{ readonly field: number; readonly value: number | Uint8Array }> {
  let at = 0

  function readVarint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= bytes.length) break
      const byte = bytes[at++]
      if (shift < 32) value |= (byte & 0x7f) << shift // an enum is its lower 32 bits
      if (byte < 0x80) return value >>> 0
    }
    throw refuse('a number does not end')
  }

  function take(length: number): Uint8Array {
    if (length > bytes.length - at) throw refuse('it is cut')
    at += length
    return bytes.subarray(at - length, at)
  }

  while (at < bytes.length) {
    const tag = readVarint()
    const field = tag >>> 3
    switch (tag & 7) {
      case wireTypes.varint:
        yield { field, value: readVarint() }
        break
      case wireTypes.eightBytes:
        take(8)
        break
      case wireTypes.bytes:
        yield { field, value: take(readVarint()) }
        break
      case wireTypes.fourBytes:
        take(4)
        break
      default:
        throw refuse(`it has a field of wire type ${tag & 7}`)
    }
  }
}

function refuse(reason: string): MillraceError {
  return new MillraceError('BUNDLE_INVALID', `the ONNX file cannot be read: ${reason}; it is cut, or something else: export it again`)
}
