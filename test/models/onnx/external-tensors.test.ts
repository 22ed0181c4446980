import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MillraceError } from '#models/errors.ts'
import { findExternalTensors } from '#models/onnx/external-tensors.ts'
import { makeTripsOnnx } from '../../foreign-model.ts'

/** A field of protobuf that holds bytes: a message, or a text. Lengths below 128 only. */
const field = (number: number, ...parts: readonly Uint8Array[]) => {
  const body = Buffer.concat(parts)
  assert.ok(body.length < 128)
  return Buffer.concat([varint((number << 3) | 2), Buffer.of(body.length), body])
}
const varint = (value: number): Buffer =>
  value < 128 ? Buffer.of(value) : Buffer.concat([Buffer.of((value & 127) | 128), varint(value >>> 7)])
const number = (at: number, value: Uint8Array) => Buffer.concat([varint(at << 3), value])

const outside = (name: string, location: Uint8Array = Buffer.of(1)) => Buffer.concat([field(8, Buffer.from(name)), number(14, location)])
const inGraph = (...parts: readonly Uint8Array[]) => field(7, ...parts)
const inNode = (...parts: readonly Uint8Array[]) => field(1, field(5, ...parts)) // an attribute of a node

/** Numbers of fields from onnx.proto3, written a second time on purpose. */
const places: Readonly<Record<string, Uint8Array>> = {
  'a constant': inGraph(field(5, outside('w'))),
  'the values of a sparse constant': inGraph(field(15, field(1, outside('w')))),
  'the indices of a sparse constant': inGraph(field(15, field(2, outside('w')))),
  'the attribute of a node': inGraph(inNode(field(5, outside('w')))),
  'one of several in an attribute': inGraph(inNode(field(10, outside('w')))),
  'a sparse attribute': inGraph(inNode(field(22, field(1, outside('w'))))),
  'one of several sparse ones in an attribute': inGraph(inNode(field(23, field(1, outside('w'))))),
  'the branch of a condition': inGraph(inNode(field(6, field(5, outside('w'))))),
  'one of several branches': inGraph(inNode(field(11, field(5, outside('w'))))),
  'a branch of a branch': inGraph(inNode(field(6, inNode(field(6, field(5, outside('w'))))))),
  'a function of its own': field(25, field(7, field(5, field(5, outside('w'))))),
  'the default of a function': field(25, field(11, field(5, outside('w')))),
  'the training graph': field(20, field(2, field(5, outside('w')))),
}

describe('findExternalTensors', () => {
  for (const [place, bytes] of Object.entries(places)) {
    it(`finds one in ${place}`, () => assert.deepEqual(findExternalTensors(bytes), ['w']))
    it(`finds one in ${place} behind a whole model`, () => {
      assert.deepEqual(findExternalTensors(Buffer.concat([makeTripsOnnx(), bytes])), ['w'])
    })
  }
  it('finds none in a model that is whole', () => {
    assert.deepEqual(findExternalTensors(makeTripsOnnx()), [])
    assert.deepEqual(findExternalTensors(inGraph(field(5, outside('w', Buffer.of(0))))), [])
  })
  it('finds one whose place is written in ten bytes, as the runtime does, which takes the lower 32 bits', () => {
    const long = Buffer.of(0x81, 0x80, 0x80, 0x80, 0x90, 0x80, 0x80, 0x80, 0x80, 0x01)
    assert.deepEqual(findExternalTensors(inGraph(field(5, outside('w', long)))), ['w'])
  })
  it('finds one that is said to be inside later on: the runtime may take either', () => {
    assert.deepEqual(findExternalTensors(inGraph(field(5, outside('w'), number(14, Buffer.of(0))))), ['w'])
  })
  it('rejects graphs without end', () => {
    let bytes: Uint8Array = Buffer.alloc(0)
    const wrap = (at: number) => {
      bytes = Buffer.concat([varint((at << 3) | 2), varint(bytes.length), bytes])
    }
    for (let depth = 0; depth < 60; depth++) for (const at of [6, 5, 1]) wrap(at)
    wrap(7)
    assert.throws(() => findExternalTensors(bytes), { code: 'BUNDLE_INVALID', message: /nested too deep/ })
  })
  it('reads or rejects whatever bytes come', () => {
    const onnx = makeTripsOnnx()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(onnx.length), (noise, at) => {
        for (const bytes of [noise, Buffer.concat([onnx.subarray(0, at), noise, onnx.subarray(at)])]) {
          try {
            assert.ok(findExternalTensors(bytes))
          } catch (error) {
            assert.ok(error instanceof MillraceError && error.code === 'BUNDLE_INVALID', String(error))
          }
        }
      }),
    )
  })
})
