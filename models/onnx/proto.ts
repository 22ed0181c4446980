import protobuf from 'protobufjs/light.js'
import { onnxSchema } from './schema.ts'

/** An ONNX file is one message of this type. */
export const modelProto = protobuf.Root.fromJSON(onnxSchema as unknown as protobuf.INamespace).lookupType('ModelProto')

/** Codes of TensorProto.DataType. */
export const dataTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
} as const
