// Over 300 lines because every way of being refused is a row of one table, beside the files that it is made of.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { addForeignBundle, toForeignBundle } from '#functions/bundles/foreign.ts'
import { readBundle, sha256Of } from '#functions/bundles/registry.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import type { Node } from '#models/onnx/encode.ts'
import { alterTripsOnnx as alter, makeTripsOnnx, trips, tripsManifest } from '../../foreign-model.ts'

const nowMs = () => 1_000
const bring = (onnx: Uint8Array, manifest: unknown) => {
  const bytes = manifest instanceof Uint8Array ? manifest : Buffer.from(JSON.stringify(manifest))
  return toForeignBundle({ pipeline: trips, load: loadOnnx, nowMs }, { onnx, manifest: bytes })
}
const { golden, features } = tripsManifest
const onnx = makeTripsOnnx()

const node = (op: string, inputs: readonly string[], output: string, attributes: Node['attributes'] = {}): Node => {
  return { op, inputs, outputs: [output], attributes }
}
const scoreOutput = { output: { name: 'score', columns: 1 } }

describe('toForeignBundle', () => {
  it('derives what the manifest leaves out', async () => {
    const { manifest } = await bring(onnx, tripsManifest)
    const { version, ...rest } = manifest
    assert.match(version, /^by-hand-[0-9a-f]{8}$/)
    assert.deepEqual(rest, {
      pipeline: 'trips',
      definition: 'trips-layout',
      sha256: sha256Of(onnx),
      trainer: 'by-hand',
      tensors: { input: 'X', output: 'probabilities', column: 1 },
      features,
      golden,
      training: { rowCount: 0, fromMs: 0, toMs: 0 },
      holdout: null,
      contenders: [],
      parent: null,
      settings: {},
      trainedAtMs: 1_000,
    })
  })
  it('keeps what the manifest says', async () => {
    const said = {
      version: '2026-11',
      training: { rowCount: 9, fromMs: 1, toMs: 2 },
      settings: { depth: 3 },
      trainedAtMs: 3,
    }
    const metrics = { rowCount: 5, positiveRatio: 0.2, accuracy: 0.8, logLoss: 0.4, auc: 0.7 }
    const more = { sha256: sha256Of(onnx), input: 'X', output: { name: 'probabilities', column: 1 }, metrics }
    const { manifest } = await bring(onnx, { ...tripsManifest, ...said, ...more })
    for (const [name, value] of Object.entries(said)) assert.deepEqual(manifest[name as keyof typeof manifest], value)
    assert.deepEqual(manifest.holdout, { ...metrics, precision: null, recall: null, f1: null })
  })
  it('takes one column, or no column at all, as the score', async () => {
    const single = makeTripsOnnx({ last: [node('Identity', ['yes'], 'score')], ...scoreOutput })
    assert.deepEqual((await bring(single, tripsManifest)).manifest.tensors, { input: 'X', output: 'score', column: 0 })
    const flat = alter(model => {
      model.graph.node.push({ opType: 'Constant', output: ['axes'], attribute: [{ name: 'value_ints', type: 7, ints: [1] }] })
      model.graph.node.push({ opType: 'Squeeze', input: ['yes', 'axes'], output: ['flat'] })
      model.graph.output = [{ name: 'flat', type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'rows' }] } } } }]
    })
    assert.deepEqual((await bring(flat, tripsManifest)).manifest.tensors, { input: 'X', output: 'flat', column: 0 })
  })
  it('makes a bundle that serves', async () => {
    const store = memoryStore()
    await addForeignBundle(store, await bring(onnx, { ...tripsManifest, version: 'mine' }))
    const scorer = await loadScorer(loadOnnx, await readBundle(store, 'trips', 'mine'), trips.definition)
    const [score] = Array.from(await scorer.score([[0, 0, 'a city of no name']]))
    assert.ok(Math.abs(score - 1 / (1 + Math.E)) < 1e-6)
    await scorer.release()
  })

  const permuted = features.map(feature => ({ ...feature, categories: [...feature.categories].reverse() }))
  const lies: readonly [what: string, manifest: unknown, reason: RegExp][] = [
    ['that is not JSON', Buffer.from('{"trainer": NaN}'), /it is not JSON \(.*\); Python writes NaN where JSON needs null/],
    ['with a part that is not known', { ...tripsManifest, outputs: 'x' }, /refused: it: unrecognized key: "outputs"/],
    ['without golden rows', { ...tripsManifest, golden: undefined }, /refused: golden: /],
    [
      'with too few golden rows',
      { ...tripsManifest, golden: { rows: [], scores: [] } },
      /at least 10 rows and a score for each, got 0 rows/,
    ],
    ['with fewer scores than rows', { ...tripsManifest, golden: { ...golden, scores: [0.5] } }, /got 12 rows and 1 scores/],
    [
      'whose golden rows all score the same',
      { ...tripsManifest, golden: { ...golden, scores: golden.scores.map(() => 0.5) } },
      /golden.scores are all 0.5 and prove nothing/,
    ],
    [
      'with a golden row of another width',
      { ...tripsManifest, golden: { ...golden, rows: golden.rows.map(row => row.slice(1)) } },
      /golden.rows.0 must have 3 values, got 2/,
    ],
    [
      'with codes where names of categories belong',
      { ...tripsManifest, golden: { ...golden, rows: golden.rows.map(row => row.with(2, 1)) } },
      /golden.rows.0: origin must be a string or null, got 1; categories go by their names/,
    ],
    [
      'whose golden rows know one category only',
      { ...tripsManifest, golden: { ...golden, rows: golden.rows.map(row => row.with(2, 'JFK')) } },
      /golden.rows use 1 of the 4 categories of origin, 2 are needed/,
    ],
    ['of another file', { ...tripsManifest, sha256: 'abc' }, /it has sha256 [0-9a-f]{64}, the manifest says abc/],
    [
      'with features in another order',
      { ...tripsManifest, features: features.toReversed() },
      /features.0 must be number miles, got category origin; train on the features of the definition, all of them and in its order/,
    ],
    ['with a feature too few', { ...tripsManifest, features: features.slice(0, 2) }, /features.2 must be category origin, got nothing/],
    [
      'with a category as a number',
      { ...tripsManifest, features: features.with(2, { name: 'origin', kind: 'number', categories: [] } as never) },
      /features.2 must be category origin, got number origin/,
    ],
    ['without a dictionary', { ...tripsManifest, features: trips.features }, /origin needs its categories, in the order of the codes/],
    [
      'with a category twice',
      { ...tripsManifest, features: features.with(2, { ...features[2], categories: ['ATL', 'JFK', 'ATL'] }) },
      /origin has the category 'ATL' twice/,
    ],
    [
      'with its categories in another order',
      { ...tripsManifest, features: permuted },
      /golden row \d+ scores [\d.]+, the manifest says .*category codes/,
    ],
    [
      'with invented golden scores',
      { ...tripsManifest, golden: { ...golden, scores: golden.scores.map((score, row) => (row === 11 ? score + 1e-3 : score)) } },
      /golden row 11 scores 0\.\d+, the manifest says 0\.\d+; check feature order/,
    ],
    [
      'with golden columns changed for each other',
      { ...tripsManifest, golden: { ...golden, rows: golden.rows.map(([miles, hour, origin]) => [hour, miles, origin]) } },
      /golden row \d+ scores/,
    ],
    ['of another input', { ...tripsManifest, input: 'features' }, /its input is X, the manifest says features; correct the manifest/],
    ['of another output', { ...tripsManifest, output: { name: 'score' } }, /it has no output score, only probabilities \(float32\)/],
    ['of the wrong column', { ...tripsManifest, output: { column: 0 } }, /golden row 0 scores .* the column of the output/],
    [
      'of a column that is not there',
      { ...tripsManifest, output: { column: 2 } },
      /must be float32 with a column 2, got float32 with 24 values for 12 rows/,
    ],
    [
      'whose version cannot be a name',
      { ...tripsManifest, version: '../x' },
      /refused: version: must be 1 to 64 letters, digits, dots and dashes/,
    ],
  ]
  for (const [what, manifest, reason] of lies) {
    it(`rejects a manifest ${what}`, async () => {
      await assert.rejects(bring(onnx, manifest), { code: 'BUNDLE_INVALID', message: reason })
    })
  }

  it('rejects a file whose scores depend on the other rows', async () => {
    const toShare = [node('ReduceMax', ['yes'], 'top', { axes: { ints: [0] } }), node('Div', ['yes', 'top'], 'score')]
    const top = Math.max(...golden.scores)
    const manifest = { ...tripsManifest, golden: { ...golden, scores: golden.scores.map(score => score / top) } }
    await assert.rejects(bring(makeTripsOnnx({ last: toShare, ...scoreOutput }), manifest), {
      code: 'BUNDLE_INVALID',
      message: /golden row 0 scores 1 alone and 0\.\d+ among others; a score must depend on its own row only/,
    })
  })
  it('rejects a file that scores NaN where a value is missing', async () => {
    const whole = {
      rows: golden.rows.filter(row => !row.includes(null)),
      scores: golden.scores.filter((_, row) => !golden.rows[row].includes(null)),
    }
    const noFill = alter(model => {
      model.graph.node.splice(0, 2, { opType: 'Identity', input: ['X'], output: ['filled'] })
    })
    await assert.rejects(bring(noFill, { ...tripsManifest, golden: whole }), {
      code: 'BUNDLE_INVALID',
      message: /a row where miles is missing scores NaN, a score must be from 0 to 1; let the model fill in missing values/,
    })
  })
})

describe('addForeignBundle', () => {
  it('writes the same model once, and another model never under its version', async () => {
    const store = memoryStore()
    const bundle = await bring(onnx, { ...tripsManifest, version: 'mine' })
    await addForeignBundle(store, bundle)
    await addForeignBundle(store, { ...bundle, manifest: { ...bundle.manifest, trainedAtMs: 9 } })
    assert.equal((await readBundle(store, 'trips', 'mine')).manifest.trainedAtMs, 1_000)
    const other = await bring(makeTripsOnnx({ metadata: { made: 'later' } }), { ...tripsManifest, version: 'mine' })
    await assert.rejects(addForeignBundle(store, other), {
      code: 'BUNDLE_INVALID',
      message: /another model has the version mine; choose another/,
    })
  })
})
