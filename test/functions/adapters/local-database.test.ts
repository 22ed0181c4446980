import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { describe, it } from 'node:test'
import { withDuckdb } from '#functions/adapters/local-database.ts'

describe('a database on the disk', () => {
  it('uses the disk of dropped tables again', () =>
    withDuckdb(async database => {
      const sizes: number[] = []
      for (let table = 0; table < 4; table++) {
        await database.run(`CREATE TABLE rows_${table} AS SELECT random() AS a, random() AS b, random() AS c FROM range(200000)`)
        await database.run(`DROP TABLE rows_${table}`)
        await database.reclaim()
        sizes.push(statSync(database.pathOf('rows.duckdb')).size)
      }
      assert.ok(sizes[3] < 1.5 * sizes[0], sizes.join(', '))
    }))
  it('goes on where another query writes meanwhile', () =>
    withDuckdb(async database => {
      await database.run('CREATE TABLE kept (n BIGINT)')
      await Promise.all([
        database.run('INSERT INTO kept SELECT * FROM range(3000000)'),
        ...Array.from({ length: 20 }, () => database.reclaim()),
      ])
      assert.deepEqual(await database.readNumbers('SELECT count(*) FROM kept'), [3_000_000])
    }))
})
