import { DatabaseSync } from 'node:sqlite'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { StateItem, StateStore } from '#functions/ports.ts'

/** What DynamoDB would have counted. */
export interface Usage {
  readonly calls: number
  readonly readUnits: number
  readonly writeUnits: number
  readonly bytesRead: number
}

const compression = { level: 1 }
const itemOverheadBytes = 100
const keysPerCall = 100
const writesPerCall = 25
const bytesPerQuery = 1_000_000

/**
 * A state in a file, so that the memory of a process is its own; bodies are compressed as the adapter of DynamoDB does it.
 *
 * Calls and units are those that DynamoDB would count: a hundred keys a BatchGetItem, 1 MB a Query, 4 kB a consistent read, 1 kB a write.
 */
export function sqliteState(file: string) {
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = off; pragma synchronous = off')
  database.exec(
    'create table if not exists items (log text, number integer, body blob, expiresAtSec integer, primary key (log, number)) without rowid',
  )
  const one = database.prepare('select * from items where log = ? and number = ?')
  const after = database.prepare('select * from items where log = ? and number > ? order by number')
  const last = database.prepare('select * from items where log = ? order by number desc limit 1')
  const put = database.prepare('insert or ignore into items values (?, ?, ?, ?)')
  const end = database.prepare('update items set expiresAtSec = ? where log = ? and number = ? returning length(body) as bytes')
  let usage: Usage = { calls: 0, readUnits: 0, writeUnits: 0, bytesRead: 0 }
  const sizeOf = (body: Uint8Array) => body.length + itemOverheadBytes

  const toItem = (row: Row): StateItem => {
    const { log, number, body, expiresAtSec } = row
    const bytes = sizeOf(body)
    usage = { ...usage, readUnits: usage.readUnits + Math.ceil(bytes / 4_096), bytesRead: usage.bytesRead + bytes }
    return { log, number, body: new Uint8Array(inflateRawSync(body)), expiresAtSec }
  }
  const call = (count: number) => {
    usage = { ...usage, calls: usage.calls + count }
  }
  const write = (bytes: number) => {
    usage = { ...usage, writeUnits: usage.writeUnits + Math.ceil(bytes / 1_024) }
  }
  const store: StateStore = {
    async read(places) {
      call(Math.ceil(places.length / keysPerCall))
      return places.flatMap(({ log, number }) => {
        const row = one.get(log, number) as Row | undefined
        return row ? [toItem(row)] : []
      })
    },
    async readAfter(log, number) {
      const before = usage.bytesRead
      const items = (after.all(log, number) as unknown as Row[]).map(toItem)
      call(1 + Math.floor((usage.bytesRead - before) / bytesPerQuery))
      return items
    },
    async readLast(log) {
      call(1)
      const row = last.get(log) as Row | undefined
      return row && toItem(row)
    },
    async append({ log, number, body, expiresAtSec }) {
      const compressed = deflateRawSync(body, compression)
      call(1)
      write(sizeOf(compressed))
      return put.run(log, number, compressed, expiresAtSec).changes === 1
    },
    async put(items) {
      call(Math.ceil(items.length / writesPerCall))
      for (const { log, number, body, expiresAtSec } of items) {
        const compressed = deflateRawSync(body, compression)
        write(sizeOf(compressed))
        put.run(log, number, compressed, expiresAtSec)
      }
    },
    async expire(places, expiresAtSec) {
      call(places.length)
      for (const { log, number } of places) {
        const row = end.get(expiresAtSec, log, number) as { bytes: number } | undefined
        if (row) write(row.bytes + itemOverheadBytes)
      }
    },
  }
  return {
    store,
    /** What was used since the last time that this was asked. */
    takeUsage(): Usage {
      const taken = usage
      usage = { calls: 0, readUnits: 0, writeUnits: 0, bytesRead: 0 }
      return taken
    },
  }
}

interface Row {
  readonly log: string
  readonly number: number
  readonly body: Uint8Array
  readonly expiresAtSec: number
}
