import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { changePointer, readPointer, toPromoted } from '#functions/bundles/registry.ts'
import { makeRandom } from '#models/random.ts'
import { makePrediction } from '../../fixtures.ts'
import { drive } from './drive.ts'
import { makeLedger } from './ledger.ts'
import { type Change, makePlan } from './plan.ts'

const versions = { champions: ['a', 'b', 'c', 'd'], bad: ['x', 'y', 'z'], shadow: 's', challenger: 't' } as const

/** A stream that is scored by what the pointer names, as infer would: a bad version is refused and the old champion goes on. */
async function open() {
  const store = memoryStore()
  const ledger = makeLedger({ ...versions, share: 1 })
  const refusals = new Map<string, string>()
  const ending = new AbortController()
  let nowMs = 0
  let serving = 'a'
  await changePointer(store, 'flights', () => toPromoted(null, { version: 'a', reason: '', nowMs: 0 }))
  const served: string[] = []
  const stream = async () => {
    while (!ending.signal.aborted) {
      const { champion } = await readPointer(store, 'flights')
      if (versions.bad.includes(champion!.version as 'x')) refusals.set(champion!.version, 'bad')
      else serving = champion!.version
      if (served.at(-1) !== serving) served.push(serving)
      const shadows = champion!.shadow ? [{ model: champion!.shadow.version, score: 0.5 }] : []
      for (let row = 0; row < 100; row++) {
        const challenged = champion!.challenger && row % 2 === 0
        const counted = challenged
          ? ({ model: champion!.challenger!.version, arm: 'challenger' } as const)
          : ({ model: serving, arm: 'champion' } as const)
        ledger.note(makePrediction({ ...counted, shadows, scoredAtMs: nowMs++ }), null)
      }
      await turn()
    }
  }
  return { store, ledger, refusals, ending, served, streaming: stream(), nowMs: () => nowMs }
}

describe('drive', () => {
  it('makes every change of a plan, each once the one before is in effect', { timeout: 20_000 }, async () => {
    const { store, ledger, refusals, ending, served, streaming, nowMs } = await open()
    const plan = makePlan(versions, makeRandom(3))
    const made: Change[] = []
    const watch = { refusalOf: (version: string) => refusals.get(version) }
    const { signal } = new AbortController()
    const driven = await drive({ plan, store, pipeline: 'flights', ledger, watch, nowMs, onChange: change => made.push(change), signal })
    ending.abort()
    await streaming
    assert.deepEqual(driven, { promotions: 20, rollbacks: 5, refused: 3 })
    assert.deepEqual(made, plan)
    assert.equal(served.length, 1 + 20 + 5, 'every promotion and rollback served')
    const { arms } = ledger.read()
    assert.ok(arms.challenger > 0 && arms.shadow > 0)
    const { champion } = await readPointer(store, 'flights')
    assert.deepEqual([champion!.shadow, champion!.challenger], [null, null])
  })
  it('ends early where the run is stopped', { timeout: 20_000 }, async () => {
    const { store, ledger, ending, streaming, nowMs } = await open()
    ending.abort()
    await streaming
    const stopping = new AbortController()
    const driving = drive({
      plan: [{ kind: 'promote', version: 'b' }],
      store,
      pipeline: 'flights',
      ledger,
      watch: { refusalOf: () => undefined },
      nowMs,
      onChange: () => {},
      signal: stopping.signal,
    })
    stopping.abort()
    assert.deepEqual(await driving, { promotions: 0, rollbacks: 0, refused: 0 })
  })
})
