import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hourMs } from '#functions/archived/hours.ts'
import { dayKey } from '#functions/archived/keys.ts'
import { listHours } from '#functions/archived/list-hours.ts'
import type { RemovingStore } from '#functions/ports.ts'
import { hourStartMs, openArchive, topic } from './open-archive.ts'

const dayMs = 24 * hourMs
const upTo = (last: number) => Array.from({ length: last + 1 }, (_, at) => at)
const sorted = (offsets: readonly number[]) => offsets.toSorted((a, b) => a - b)

/** The store, which does not take the nth write or removal: as if the function was killed there. */
function killedAt(store: RemovingStore, nth: number): RemovingStore {
  let calls = 0
  const guard = <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) => {
    return async (...args: Args) => {
      if (calls++ >= nth) throw new Error('killed')
      return await call(...args)
    }
  }
  return { ...store, put: guard(store.put), putIf: guard(store.putIf), remove: guard(store.remove) }
}

describe('compact', () => {
  it('makes one object of an hour that is over, each offset once, and names what it read', async () => {
    const { archive, compact, read, manifest, small } = openArchive()
    for (const [first, last] of [
      [0, 4],
      [3, 9],
    ])
      await archive(first, last)
    const { closedHours, readObjects, writtenObjects, writtenRows, repeatedRows, behindHours } = await compact()
    assert.deepEqual([closedHours, readObjects, writtenObjects, writtenRows, repeatedRows, behindHours], [1, 2, 1, 10, 2, 0])
    assert.deepEqual(await read(), upTo(9))
    assert.deepEqual((await manifest())!.inputs, ['0-0-4.parquet', '0-3-9.parquet'])
    assert.equal((await small()).length, 2)
  })
  it('leaves an hour alone that is not over by the margin', async () => {
    const { archive, compact, pass, ports } = openArchive()
    await archive(0, 4)
    pass(-hourMs + ports.times.marginMs - 1)
    assert.equal((await compact()).closedHours, 0)
    pass(1)
    assert.equal((await compact()).closedHours, 1)
  })
  it('closes an hour that lies a year ahead, where a clock was wrong', async () => {
    const { archive, compact, read } = openArchive()
    const ahead = 365 * 24
    await archive(0, 4, ahead)
    assert.equal((await compact()).closedHours, 1)
    assert.deepEqual(await read(ahead), upTo(4))
  })
  it('does nothing at the next run', async () => {
    const { archive, compact } = openArchive()
    await archive(0, 4)
    await compact()
    const outcome = await compact()
    assert.ok(
      Object.values(outcome).every(count => count === 0),
      JSON.stringify(outcome),
    )
  })
  it('reads a late object beside the compacted ones, and takes it in after the pause', async () => {
    const { archive, compact, read, manifest, pass, ports } = openArchive()
    await archive(0, 4)
    await compact()
    await archive(5, 9)
    assert.deepEqual(await read(), upTo(9))
    assert.deepEqual([(await compact()).leftHours, (await manifest())!.revision], [0, 1])
    pass(ports.times.pauseMs)
    assert.equal((await compact()).reclosedHours, 1)
    assert.deepEqual([await read(), (await manifest())!.revision], [upTo(9), 2])
  })
  it('removes what was read and what was replaced once the grace is over, and nothing that came since', async () => {
    const { archive, compact, read, manifest, pass, small, compacted, ports, smallOf } = openArchive()
    await archive(0, 4)
    await compact()
    pass(ports.times.pauseMs)
    await archive(5, 9)
    await compact()
    pass(ports.times.graceMs - 1)
    assert.equal((await compact()).removedObjects, 0)
    pass(1)
    const { removedObjects, cleanedHours } = await compact()
    assert.deepEqual([removedObjects, cleanedHours], [3, 1])
    assert.deepEqual([await small(), (await compacted()).length, (await manifest())!.inputs], [[], 1, []])
    await archive(9, 11)
    assert.deepEqual(sorted(await read()), [...upTo(9), 9, 10, 11])
    await compact()
    assert.deepEqual([await read(), await small()], [upTo(11), [smallOf(9, 11)]])
  })
  it('loses nothing and repeats nothing wherever it is killed', async () => {
    for (let nth = 0; nth < 8; nth++) {
      const { archive, compact, read, pass, store, small, compacted, ports } = openArchive()
      const kill = () => compact({ store: killedAt(store, nth) })
      await archive(0, 4)
      await kill()
      assert.deepEqual(await read(), upTo(4))
      await archive(5, 9)
      pass(ports.times.pauseMs)
      await kill()
      assert.deepEqual(await read(), upTo(9))
      for (let turn = 0; turn < 3; turn++) {
        pass(ports.times.graceMs)
        await kill()
        assert.deepEqual(await read(), upTo(9), `killed at write ${nth}, turn ${turn}`)
      }
      for (let turn = 0; turn < 3; turn++) {
        await compact()
        pass(ports.times.graceMs)
      }
      assert.deepEqual([await read(), await small(), (await compacted()).length], [upTo(9), [], 1])
    }
  })
  it('lets one of two runs win; the objects of the other go after the grace', async () => {
    const { archive, compact, read, pass, compacted, ports } = openArchive()
    await archive(0, 9)
    const outcomes = await Promise.all([compact(), compact()])
    assert.deepEqual(outcomes.map(({ closedHours, lostRaces }) => [closedHours, lostRaces]).sort(), [
      [0, 1],
      [1, 0],
    ])
    assert.deepEqual([await read(), (await compacted()).length], [upTo(9), 2])
    pass(ports.times.graceMs)
    await compact()
    assert.deepEqual([await read(), (await compacted()).length], [upTo(9), 1])
  })
  it('has won where its write arrived and the answer did not', async () => {
    const { archive, compact, store } = openArchive()
    await archive(0, 9)
    const putIf: RemovingStore['putIf'] = async (...args) => {
      await store.putIf(...args)
      return false
    }
    assert.deepEqual(await compact({ store: { ...store, putIf } }).then(({ closedHours, lostRaces }) => [closedHours, lostRaces]), [1, 0])
  })
  it('leaves an object that is no Parquet where it is, names it, and takes it in once it is mended', async () => {
    const { archive, compact, read, manifest, pass, store, small, smallOf, ports } = openArchive()
    await archive(0, 4)
    await store.put(smallOf(5, 9), Buffer.from('[5,6'))
    assert.equal((await compact()).refusedObjects, 1)
    assert.deepEqual(
      (await manifest())!.refused.map(({ name, reason }) => [name, reason]),
      [['0-5-9.parquet', 'no list']],
    )
    assert.deepEqual(await read(), upTo(4))
    pass(2 * ports.times.graceMs)
    const { reclosedHours, refusedObjects } = await compact()
    assert.deepEqual([reclosedHours, refusedObjects, await small()], [0, 0, [smallOf(5, 9)]])
    await archive(5, 9)
    await compact()
    assert.deepEqual([await read(), (await manifest())!.refused], [upTo(9), []])
  })
  it('removes nothing while its clock has jumped back a year, and goes on once it is right', async () => {
    const { archive, compact, pass, read, small, ports } = openArchive()
    await archive(0, 4)
    await compact()
    pass(-365 * dayMs)
    assert.equal((await compact()).removedObjects, 0)
    pass(365 * dayMs + ports.times.graceMs)
    assert.equal((await compact()).removedObjects, 1)
    assert.deepEqual([await read(), await small()], [upTo(4), []])
  })
  it('loses nothing where its clock jumps a year ahead and closes an hour that is still filled', async () => {
    const { archive, compact, pass, read } = openArchive()
    pass(-2 * hourMs)
    await archive(0, 4)
    pass(365 * dayMs)
    await compact()
    pass(-365 * dayMs)
    await archive(5, 9)
    assert.deepEqual(await read(), upTo(9))
    pass(3 * hourMs)
    await compact()
    assert.deepEqual(await read(), upTo(9))
  })
  it('begins no hour after its time, the oldest first, and says what is behind', async () => {
    const { archive, compact, pass, ports, manifest } = openArchive()
    for (const hour of [2, 0, 1]) await archive(hour * 10, hour * 10 + 4, hour)
    pass(ports.times.behindMs + 2 * hourMs)
    let clockMs = 0
    const slowClaim = () => {
      clockMs += ports.times.budgetMs
      return 'slow'
    }
    const slow = { clockMs: () => clockMs, makeClaim: slowClaim }
    const { closedHours, leftHours, behindHours } = await compact(slow)
    assert.deepEqual([closedHours, leftHours, behindHours], [1, 2, 2])
    assert.ok(await manifest(0))
    assert.equal((await compact()).closedHours, 2)
  })
  it('looks at no further hour once its time is up, and counts it all the same', async () => {
    const { archive, compact, pass, store, ports } = openArchive()
    for (let hour = 0; hour < 30; hour++) await archive(hour * 10, hour * 10 + 4, hour)
    pass(40 * hourMs)
    let gets = 0
    const countedGet = (key: string) => {
      gets++
      return store.get(key)
    }
    const counting = { ...store, get: countedGet }
    const { leftHours, behindHours, closedHours } = await compact({ clockMs: () => (gets > 3 ? ports.times.budgetMs : 0), store: counting })
    assert.deepEqual([leftHours + closedHours, behindHours + closedHours], [30, 30])
    assert.ok(gets < 10, `${gets} objects read`)
  })
  it('puts a day of settled hours into one object, and takes that away before it changes one of them', async () => {
    const { archive, compact, pass, read, store, ports } = openArchive()
    for (const hour of [0, 1]) await archive(hour * 10, hour * 10 + 4, hour)
    const day = dayKey(topic, hourStartMs - 5 * hourMs)
    pass(hourMs)
    await compact()
    pass(ports.times.graceMs)
    await compact()
    assert.equal((await compact()).closedDays, 0)
    pass(2 * dayMs)
    assert.equal((await compact()).closedDays, 1)
    assert.equal((await listHours(store, topic)).length, 2)
    await archive(5, 9)
    assert.deepEqual(await read(), upTo(9))
    await compact()
    assert.equal(await store.get(day), undefined)
    assert.deepEqual(await read(), upTo(9))
    pass(ports.times.graceMs)
    await compact()
    assert.equal((await compact()).closedDays, 1)
    assert.deepEqual(await read(), upTo(9))
  })
})
