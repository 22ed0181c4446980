import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { toHeaderObject } from '#functions/adapters/kafka-headers.ts'

type Headers = readonly (readonly [name: string, value: Buffer])[]
interface Encoder {
  readonly buffer: Buffer
}

// What kafkajs itself writes to the wire for one record; read back by the format's own page: https://kafka.apache.org/documentation/#record
const encodeRecord: (record: object) => Encoder = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/record/v0/index.js')

function headersOnTheWire(headers: Headers): Headers {
  const bytes = encodeRecord({ key: null, value: null, headers: toHeaderObject(headers) }).buffer
  let at = 0
  const readNumber = () => {
    let [zigzag, shift] = [0, 0]
    do {
      zigzag |= (bytes[at] & 0x7f) << shift
      shift += 7
    } while (bytes[at++] & 0x80)
    return (zigzag >>> 1) ^ -(zigzag & 1)
  }
  const readBytes = () => {
    const length = readNumber()
    at += length
    return bytes.subarray(at - length, at)
  }
  readNumber() // the record's length
  at++ // attributes
  for (let field = 0; field < 4; field++) readNumber() // time, offset, no key, no value
  return Array.from({ length: readNumber() }, () => [String(readBytes()), readBytes()] as const)
}

const hostileNames = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__', 'length', '', '0', 'trace']
const aHeader = fc.tuple(fc.oneof(fc.constantFrom(...hostileNames), fc.string({ unit: 'grapheme' })), fc.uint8Array({ maxLength: 8 }))

describe('toHeaderObject', () => {
  it('keeps every header byte for byte on the wire, and the order within a name', () => {
    fc.assert(
      fc.property(fc.array(aHeader), pairs => {
        const headers = pairs.map(([name, bytes]) => [name, Buffer.from(bytes)] as const)
        const byName = (all: Headers) => [...Map.groupBy(all, ([name]) => name)].sort(([a], [b]) => (a < b ? -1 : 1))
        assert.deepEqual(byName(headersOnTheWire(headers)), byName(headers))
      }),
    )
  })
  it('keeps the order of names', () => {
    const headers = ['b', '__proto__', 'a', 'constructor'].map(name => [name, Buffer.from('x')] as const)
    assert.deepEqual(headersOnTheWire(headers), headers)
  })
})
