import { parquetWriteBuffer } from 'hyparquet-writer'
import type { EncodeTable } from '../ports.ts'

const parquetTypes = { bytes: 'BYTE_ARRAY', text: 'STRING', integer: 'INT64', number: 'DOUBLE' } as const

/** Parquet with Snappy, one row group: what Athena and DuckDB read without a setting. */
export const encodeParquet: EncodeTable = columns => {
  const columnData = columns.map(({ name, type, values }) => ({
    name,
    type: parquetTypes[type],
    data: type === 'integer' ? values.map(value => (value === null ? null : BigInt(value as number))) : [...values],
  }))
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1_000_000 }))
}
