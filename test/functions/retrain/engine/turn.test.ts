import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { readDecision } from '#functions/bundles/decision.ts'
import { readBundle, readPointer, sha256Of } from '#functions/bundles/registry.ts'
import type { ObjectStore, TrainingRows } from '#functions/ports.ts'
import { trainCandidate } from '#functions/retrain/candidate.ts'
import type { EngineInput } from '#functions/retrain/engine/input.ts'
import { readRuns } from '#functions/retrain/engine/run.ts'
import { makeEngineTurn } from '#functions/retrain/engine/turn.ts'
import { makeRetrain } from '#functions/retrain/retrain.ts'
import type { JobState, TrainingEngine } from '#functions/training-engine.ts'
import { toColumns, toRows } from '#models/feature-columns.ts'
import { pipeline as flights } from '#models/pipeline.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { parsePromotionPolicy } from '#models/policy/promote.ts'
import { parseRetrainWhen } from '#models/policy/retrain-when.ts'
import { makeRandom } from '#models/random.ts'
import { makeRowEncoder } from '#models/rows.ts'
import { flight } from '../../../fixtures.ts'
import { feedbackArchive } from '../feedback-archive.ts'

const minuteMs = 60_000
const dayMs = 86_400_000

const pipeline: Pipeline = {
  ...flights,
  promoteWhen: parsePromotionPolicy({ rowsAtLeast: 200 }),
  retrain: { ...flights.retrain, engine: 'spark', refit: false, holdoutRowsAtMost: 4_000, when: parseRetrainWhen({}) },
}

/** Flights a minute apart; those from JFK are late far more often. */
function makeRows(rowCount: number): TrainingRows {
  const random = makeRandom(1)
  const origins = Array.from({ length: rowCount }, () => (random() < 0.5 ? 'JFK' : 'ORD'))
  const vectors = origins.map((origin, row) =>
    flights.toFeatures({
      ...flight,
      origin,
      destination: row % 2 === 0 ? 'LAX' : 'DEN',
      departedAtMs: flight.departedAtMs + row * minuteMs,
    }),
  )
  return {
    atMs: Float64Array.from(origins, (_, row) => flight.departedAtMs + row * minuteMs),
    targets: Float64Array.from(origins, origin => Number(random() < (origin === 'JFK' ? 0.8 : 0.1))),
    labelDelayMs: new Float64Array(rowCount).fill(60 * minuteMs),
    features: toColumns(flights.features, vectors),
    objectCount: 1,
    sampledRatio: 1,
  }
}

/** An engine whose jobs end when they are told to; `train` leaves what a job would, made by the function's own trainer. */
function fakeEngine(models: ObjectStore, rows: TrainingRows) {
  const jobs = new Map<string, { state: JobState; readonly inputKey: string }>()
  const started: string[] = []
  const engine: TrainingEngine = {
    uriOf: (store, key) => `${store}://${key}`,
    async start({ id, inputKey }) {
      started.push(id)
      if (!jobs.has(id)) jobs.set(id, { state: { state: 'running' }, inputKey })
      return id
    },
    look: async id => jobs.get(id)!.state,
  }
  const leave = async (files: Readonly<Record<string, Uint8Array>>) => {
    const [{ inputKey }] = [...jobs.values()].slice(-1)
    for (const [file, body] of Object.entries(files)) await models.put(inputKey.replace('input.json', file), body)
  }
  return {
    engine,
    started,
    end: (state: JobState) => Object.assign([...jobs.values()].at(-1)!, { state }),
    leave,
    async train(changes: { readonly golden?: number; readonly sha256?: string } = {}) {
      const [{ inputKey }] = [...jobs.values()].slice(-1)
      const { splitMs } = JSON.parse(Buffer.from((await models.get(inputKey))!.body).toString()) as EngineInput
      const trainCount = rows.atMs.findIndex(ms => ms >= splitMs)
      const candidate = await trainCandidate({ ...pipeline, trainer: { ...pipeline.trainer, kinds: ['gbdt'] } }, rows, trainCount, () => 0)
      assert.ok(candidate.ok)
      const { onnx, served, learnt, gapRowCount } = candidate
      const { rowCount, fromMs, toMs } = served.trainedOn
      const golden = toRows(rows.features, 0, trainCount).filter((_, row) => row % 41 === 0)
      const scores = served.model.score(makeRowEncoder(served.features)(golden))
      const features = served.features.map(({ name, kind, categories }) => ({ name, kind, categories }))
      const result = {
        manifest: {
          trainer: 'xgboost',
          features,
          golden: { rows: golden, scores: Array.from(scores, score => score + (changes.golden ?? 0)) },
          settings: { rounds: 5 },
        },
        files: { model: changes.sha256 ?? sha256Of(onnx), measured: changes.sha256 ?? sha256Of(onnx) },
        learnt,
        gapRowCount,
        served: { rowCount, fromMs, toMs },
        trainMs: 5,
        gains: features.map(() => 1 / features.length),
      }
      await leave({ 'model.onnx': onnx, 'result.json': Buffer.from(JSON.stringify(result)) })
    },
  }
}

function open({ rowCount = 3_000, models = memoryStore() as ObjectStore } = {}) {
  const rows = makeRows(rowCount)
  const job = fakeEngine(models, rows)
  const { store: archive } = feedbackArchive(pipeline, [])
  const clock = { nowMs: Date.UTC(2026, 10, 28) }
  const turn = (isEnd = false, changes: Partial<Pipeline> = {}) =>
    makeEngineTurn(
      {
        pipeline: { ...pipeline, ...changes },
        archive,
        models,
        engine: job.engine,
        readRows: async () => rows,
        readQuery: async () => 'SELECT {{features}} FROM {{feedback}}',
        load: loadOnnx,
        nowMs: () => clock.nowMs,
        clockMs: () => 7,
        residentBytes: () => 9,
      },
      isEnd,
    )()
  return { rows, models, turn, clock, ...job }
}

describe('a turn of retrain where an engine trains', () => {
  it('starts one job, and leaves it alone while it runs', async () => {
    const { turn, started } = open()
    assert.match((await turn()).reason, /^job 20261128T000000000Z trains on 0 archive objects; it is judged when it has ended$/)
    assert.match((await turn()).reason, /^job 20261128T000000000Z trains since 2026-11-28T00:00Z$/)
    assert.equal(started.length, 1)
  })
  it('starts none where the rows are too few', async () => {
    const { turn, started } = open({ rowCount: 40 })
    assert.match((await turn()).reason, /^8 holdout rows, 30 wanted: 40 labelled rows/)
    assert.equal(started.length, 0)
  })
  it('starts none when the end of a job calls it, or jobs would follow each other for ever', async () => {
    const { turn, started } = open()
    assert.equal((await turn(true)).reason, 'no training is open: another turn has judged it')
    assert.equal(started.length, 0)
  })
  it('judges what the job left, with the figures of a model of its own, and starts another job only at its next turn', async () => {
    const { turn, end, train, models, started } = open()
    await turn()
    await train()
    end({ state: 'succeeded' })
    const outcome = await turn(true)
    assert.ok(outcome.trained && outcome.promoted, outcome.reason)
    assert.equal(outcome.trainer, 'xgboost')
    assert.equal((await readPointer(models, 'flights')).champion?.version, outcome.version)
    const { manifest } = await readBundle(models, 'flights', outcome.version)
    assert.equal(manifest.holdout?.rowCount, 600)
    assert.equal((await readDecision(models, 'flights', outcome.version))?.quality?.candidate.rowCount, 600)
    const report = JSON.parse(Buffer.from((await models.get(`bundles/flights/${outcome.version}/report.json`))!.body).toString())
    assert.equal(report.importance.length, pipeline.features.length)
    assert.deepEqual(report.settings, { rounds: 5 })
    assert.equal((await readRuns(models, 'flights')).runs.open, null)
    assert.equal(started.length, 1)
  })
  it('keeps a model back that does not beat the champion on the same rows', async () => {
    const { turn, end, train, models, rows } = open()
    const ports = { models, load: loadOnnx, nowMs: () => 5, clockMs: () => 7, residentBytes: () => 9 }
    const few = makeRows(2_000)
    const champion = await makeRetrain({ ...ports, pipeline, readRows: async () => few })()
    assert.ok(champion.trained && champion.promoted)
    await turn()
    await train()
    end({ state: 'succeeded' })
    const outcome = await turn(true)
    assert.ok(outcome.trained && !outcome.promoted)
    assert.equal((await readDecision(models, 'flights', outcome.version))?.rival.version, champion.version)
    assert.equal((await readPointer(models, 'flights')).champion?.version, champion.version)
    assert.equal(rows.atMs.length, 3_000)
  })
  it('starts the job of a run that was claimed by a turn that died, under the same id', async () => {
    const { turn, models, started, engine } = open()
    const start = engine.start
    engine.start = async () => {
      throw new Error('killed')
    }
    await assert.rejects(turn(), /killed/)
    assert.equal((await readRuns(models, 'flights')).runs.open?.jobId, null)
    engine.start = start
    assert.match((await turn()).reason, /was claimed by a turn that ended before it was started; it trains now$/)
    assert.deepEqual(started, ['20261128T000000000Z'])
    assert.equal((await readRuns(models, 'flights')).runs.open?.jobId, '20261128T000000000Z')
  })
  it('judges again where a turn died between the gate and its note, and the champion stays', async () => {
    const { turn, end, train, models } = open()
    await turn()
    await train()
    end({ state: 'succeeded' })
    const before = await models.get('engine/flights/runs.json')
    const first = await turn()
    await models.put('engine/flights/runs.json', before!.body)
    const second = await turn()
    assert.ok(first.trained && second.trained)
    assert.equal(second.version, first.version)
    assert.equal(second.reason, 'is the champion already')
  })
  it('closes a run of another definition without judging it', async () => {
    const { turn, end, train, models } = open()
    await turn()
    await train()
    end({ state: 'succeeded' })
    assert.match((await turn(true, { definition: 'other' })).reason, /trained for definition \w+, this one is other$/)
    assert.equal((await readRuns(models, 'flights')).runs.open, null)
  })
})

describe('an engine that fails', () => {
  const refusals: readonly [what: string, leave: (job: ReturnType<typeof open>) => unknown, said: RegExp][] = [
    [
      'a job that died',
      ({ end }) => end({ state: 'failed', reason: 'an object is gone' }),
      /failed: an object is gone; the champion goes on/,
    ],
    [
      'a job that ended well and left nothing',
      ({ end }) => end({ state: 'succeeded' }),
      /result\.json is not there, though the job ended well; the champion goes on/,
    ],
    [
      'a result that is cut',
      async ({ end, leave }) => {
        await leave({ 'result.json': Buffer.from('{"manifest": {') })
        end({ state: 'succeeded' })
      },
      /result\.json is not a result/,
    ],
    [
      'a model that is not the one that the result names',
      async ({ end, train }) => {
        await train({ sha256: '0'.repeat(64) })
        end({ state: 'succeeded' })
      },
      /model\.onnx has sha256 \w+, result\.json says 0000/,
    ],
    [
      'a model that does not score its golden rows',
      async ({ end, train }) => {
        await train({ golden: 0.01 })
        end({ state: 'succeeded' })
      },
      /golden row 0 scores .*, the manifest says/,
    ],
  ]
  for (const [what, leave, said] of refusals) {
    it(`rejects ${what}, closes the run, writes no bundle, and starts anew at the next turn`, async () => {
      const opened = open()
      await opened.turn()
      await leave(opened)
      await assert.rejects(opened.turn(true), said)
      assert.deepEqual(await opened.models.list('bundles/'), [])
      assert.equal((await readPointer(opened.models, 'flights')).champion, null)
      assert.match((await readRuns(opened.models, 'flights')).runs.last!.outcome, /^(failed|refused): /)
      opened.clock.nowMs += minuteMs
      assert.match((await opened.turn()).reason, /^job 20261128T000100000Z trains on/)
    })
  }
  it('gives a job up that runs for more than a day', async () => {
    const { turn, clock, models } = open()
    await turn()
    clock.nowMs += dayMs + 1
    await assert.rejects(turn(), /runs since 2026-11-28T00:00Z and was given up; cancel it where it runs/)
    assert.equal((await readRuns(models, 'flights')).runs.open, null)
  })
  it('leaves the run open where the store fails while it is judged, and judges it at the next turn', async () => {
    const models = memoryStore()
    let fails = false
    const { turn, end, train } = open({
      models: {
        ...models,
        async putIf(key, body, etag) {
          if (fails && key.startsWith('bundles/')) throw new Error('503')
          return models.putIf(key, body, etag)
        },
      },
    })
    await turn()
    await train()
    end({ state: 'succeeded' })
    fails = true
    await assert.rejects(turn(true), /503/)
    fails = false
    assert.ok((await turn()).trained)
  })
})
