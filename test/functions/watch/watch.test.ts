import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { readDecision } from '#functions/bundles/decision.ts'
import { changePointer, readPointer, toPromoted } from '#functions/bundles/registry.ts'
import { readTrial } from '#functions/bundles/trial.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { makeWatch } from '#functions/watch/watch.ts'
import type { DuelBucket } from '#models/measure/duels.ts'
import { pipeline } from '#models/pipeline.ts'
import { type PromotionChoice, parsePromotionPolicy } from '#models/policy/promote.ts'
import { makeRandom } from '#models/random.ts'

const hourMs = 3_600_000

/** Hours in which the candidate is better by the gain, give or take; all labelled. */
function makeHours(hourCount: number, gain: number): DuelBucket[] {
  const random = makeRandom(2)
  return Array.from({ length: hourCount }, (_, hour) => {
    return { startMs: hour * hourMs, predicted: 500, labelled: 500, gainSum: 500 * (gain + 0.02 * (random() - 0.5)) }
  })
}

async function open(
  hours: readonly DuelBucket[],
  options: { readonly promoteWhen?: PromotionChoice; readonly shadow?: string; readonly store?: (models: ObjectStore) => ObjectStore } = {},
) {
  const models = memoryStore()
  const { promoteWhen = { on: 'live' }, shadow = 'v2', store = same => same } = options
  await changePointer(models, 'flights', champion => toPromoted(champion, { version: 'v1', reason: 'first', nowMs: 1 }))
  if (shadow) await changePointer(models, 'flights', champion => ({ ...champion!, shadow: { version: shadow, sinceMs: 2 } }))
  const asked: string[][] = []
  const look = (seen: readonly DuelBucket[] = hours) =>
    makeWatch({
      pipeline: { ...pipeline, promoteWhen: parsePromotionPolicy(promoteWhen) },
      models: store(models),
      readDuel: async (...pair) => {
        asked.push(pair)
        return seen
      },
      // Of the rows scored about 0.25 a half is late, and of those about 0.75 too.
      readShadowScores: async () => ({ positiveBins: [50, 50], negativeBins: [50, 50] }),
      nowMs: () => 9,
    })()
  return { models, look, asked, pointer: async () => (await readPointer(models, 'flights')).champion }
}

describe('watch', () => {
  it('promotes a shadow that live labels show to be better, in one write, and keeps the decision', async () => {
    const { models, look, asked, pointer } = await open(makeHours(24 * 12, 0.02))
    const outcome = await look()
    assert.deepEqual([outcome.verdict, outcome.version], ['promote', 'v2'])
    assert.deepEqual(asked, [['v1', 'v2']])
    const now = await pointer()
    assert.deepEqual([now?.version, now?.shadow, now?.history.at(-1)?.reason], ['v2', null, outcome.reason])
    const decision = await readDecision(models, 'flights', 'v2')
    assert.deepEqual([decision?.on, decision?.promote, decision?.rival.version], ['live', true, 'v1'])
    assert.deepEqual(
      decision?.checks.map(({ name, ok }) => [name, ok]),
      [
        ['rows', true],
        ['gain', true],
        ['evidence', true],
        ['evidence against', true],
        ['calibration', true],
      ],
    )
  })
  it('takes a shadow that is shown to be worse out of service, and keeps the champion', async () => {
    const { models, look, pointer } = await open(makeHours(24 * 12, -0.02))
    assert.equal((await look()).verdict, 'reject')
    const now = await pointer()
    assert.deepEqual([now?.version, now?.shadow], ['v1', null])
    const decision = await readDecision(models, 'flights', 'v2')
    assert.equal(decision?.promote, false)
    assert.match(decision?.reason ?? '', /evidence against it/)
  })
  it('waits while nothing is shown, and counts each hour once, as it was', async () => {
    const { models, look, pointer } = await open([])
    const hours = makeHours(30, 0.02)
    assert.equal((await look(hours)).verdict, 'wait')
    const rewritten = makeHours(31, -5).map(hour => ({ ...hour, startMs: hour.startMs }))
    assert.equal((await look(rewritten)).verdict, 'wait')
    const trial = await readTrial(models, 'flights', 'v2')
    assert.equal(trial?.champion, 'v1')
    assert.deepEqual(trial?.hours, [...hours.slice(0, 29), rewritten[29]]) // the last hour of a look is still being predicted
    assert.equal((await pointer())?.shadow?.version, 'v2')
  })
  it('begins the trial anew against another champion', async () => {
    const { models, look } = await open(makeHours(30, 0.02))
    await look()
    await changePointer(models, 'flights', champion => toPromoted(champion, { version: 'v3', reason: 'by hand', nowMs: 3 }))
    await look(makeHours(5, 0.02))
    const trial = await readTrial(models, 'flights', 'v2')
    assert.deepEqual([trial?.champion, trial?.hours.length], ['v3', 4])
  })
  it('takes a better shadow out where live labels show that it is badly calibrated', async () => {
    const { look, pointer } = await open(makeHours(24 * 12, 0.02), {
      promoteWhen: { on: 'live', guardrails: { calibrationErrorAtMost: 0.1 } },
    })
    const outcome = await look()
    assert.equal(outcome.verdict, 'reject')
    assert.match(outcome.reason, /^calibration 0\.2500, at most 0\.1: gain of 0\.02/)
    assert.deepEqual([(await pointer())?.version, (await pointer())?.shadow], ['v1', null])
  })
  it('leaves the pointer alone where somebody else changed the models in service meanwhile', async () => {
    const { look, pointer, models } = await open(makeHours(24 * 12, 0.02), {
      store: models => ({
        ...models,
        putIf: async (key, body, etag) => {
          await changePointer(models, 'flights', champion => ({ ...champion!, shadow: null }))
          return models.putIf(key, body, etag)
        },
      }),
    })
    assert.equal((await look()).verdict, 'moved')
    assert.equal((await pointer())?.version, 'v1')
    assert.equal(await readDecision(models, 'flights', 'v2'), undefined)
  })
  it('is idle without a shadow', async () => {
    const { look, asked } = await open([], { shadow: '' })
    assert.deepEqual(await look(), { verdict: 'idle', version: null, reason: 'no candidate is on trial' })
    assert.deepEqual(asked, [])
  })
  it('leaves a shadow to the operator where the holdout decides', async () => {
    const { look, pointer } = await open(makeHours(24 * 12, 0.02), { promoteWhen: {} })
    assert.equal((await look()).verdict, 'idle')
    assert.equal((await pointer())?.shadow?.version, 'v2')
  })
  it('rejects a trial that cannot be read, and says what to do', async () => {
    const { models, look } = await open([])
    await models.put('bundles/flights/v2/trial.json', Buffer.from('{'))
    await assert.rejects(look(), {
      code: 'BUNDLE_INVALID',
      message: 'bundles/flights/v2/trial.json is not a trial; delete it, and the trial begins anew',
    })
  })
})
