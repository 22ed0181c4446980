import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { freezeLayer } from '#functions/layer/freeze.ts'
import { startState } from '#functions/layer/state.ts'
import { writeState } from '#functions/layer/store.ts'
import { pipeline } from '#models/pipeline.ts'
import { readLayerView } from '../../../cli/layer/view.ts'
import { toLayerText } from '../../../cli/layer/view-text.ts'
import { learntAtMs, openLayerOf, stateKey } from './adapted.ts'

async function openLearnt() {
  const layer = openLayerOf()
  await layer.learn()
  const view = (nowMs = learntAtMs + 90_000) => readLayerView({ pipeline, models: layer.models }, nowMs)
  return { ...layer, view }
}

describe('readLayerView', () => {
  it('has version, labels, age, champion and snapshots of a layer that learns', async () => {
    const { view } = await openLearnt()
    const { status, version, labels, ageMs, champion, snapshots, frozenSinceMs } = await view()
    assert.deepEqual([status, version, labels, ageMs, champion, frozenSinceMs], ['learning', 9, 60, 90_000, 'm2', null])
    assert.deepEqual(snapshots, { count: 1, oldest: { version: 4, learntAtMs } })
  })
  it('has mean losses a label, as the totals say', async () => {
    const { view, state } = await openLearnt()
    const { totals } = await state()
    assert.deepEqual((await view()).losses, { champion: totals.champion / 60, layer: totals.layer / 60, release: totals.release / 60 })
  })
  it('has weights of all members, together 1', async () => {
    const { view } = await openLearnt()
    const members = (await view()).members!
    assert.equal(members[0].name, 'champion')
    assert.ok(Math.abs(members.reduce((sum, { weight }) => sum + weight, 0) - 1) < 1e-9)
  })
  it('is stale once nothing was learnt for as long as the definition says, unless it is frozen', async () => {
    const { view, models } = await openLearnt()
    const nowMs = learntAtMs + pipeline.layer!.staleAfterMs + 1
    assert.equal((await view(nowMs)).status, 'stale')
    await freezeLayer(models, 'flights', 7)
    const { status, frozenSinceMs } = await view(nowMs)
    assert.deepEqual([status, frozenSinceMs], ['frozen', 7])
  })
  it('has no members of another definition, whose numbers it cannot read', async () => {
    const { view, replace } = await openLearnt()
    await replace({ definition: 'other' })
    const { status, members, labels } = await view()
    assert.deepEqual([status, members, labels], ['other definition', null, 60])
  })
  it('knows a state that is cut, and the snapshots beside it', async () => {
    const { view, models } = await openLearnt()
    await models.put(stateKey, Buffer.from('cut'))
    const { status, problem, snapshots } = await view()
    assert.deepEqual([status, snapshots.count], ['broken', 1])
    assert.match(problem!, /state.gz is no state of a layer/)
  })
})

describe('toLayerText', () => {
  const textOf = async (models = memoryStore(), layer = pipeline.layer) =>
    toLayerText(await readLayerView({ pipeline: { ...pipeline, layer }, models }, learntAtMs + 90_000))

  it('says that the definition has no layer', async () => {
    const off = await readLayerView({ pipeline: { ...pipeline, layer: undefined }, models: memoryStore() }, 0)
    assert.equal(toLayerText(off), 'layer of flights: the definition has none; the champion decides alone')
  })
  it('says that there is no state yet', async () => {
    assert.match(await textOf(), /there is no state yet; the step adapt begins one with the first label$/)
  })
  it('says that a layer that began anew has learnt nothing yet', async () => {
    const models = memoryStore()
    await writeState(models, 'flights', { state: startState(pipeline), etag: null })
    const text = toLayerText(await readLayerView({ pipeline, models }, Date.UTC(2026, 10, 23)))
    assert.match(text, /stale, so that the champion decides alone until the next label: it has learnt nothing yet\n/)
  })
  it('says that the state is broken, and what becomes of it', async () => {
    const models = memoryStore()
    await models.put(stateKey, Buffer.from('cut'))
    assert.match(
      await textOf(models),
      /broken, so that the champion decides alone: .*\nwith the next label adapt goes on from the newest snapshot$/,
    )
  })
  it('says that the state is of another definition, and what a frozen one waits for', async () => {
    const models = memoryStore()
    const other = { ...startState({ ...pipeline, definition: 'other' }), learntAtMs }
    await writeState(models, 'flights', { state: other, etag: null })
    assert.match(await textOf(models), /of another definition or of other settings, .*\nwith the next label adapt begins anew\n/)
    await freezeLayer(models, 'flights', 1)
    assert.match(await textOf(models), /adapt begins anew only after `millrace layer unfreeze`\n/)
  })
  it('shows figures, and members by their weights', async () => {
    const { models } = await openLearnt()
    const text = await textOf(models)
    assert.match(text, /^layer of flights: scores and learns\n\nversion +9\n/)
    assert.match(text, /\nlast learnt \(UTC\) +1970-01-01 00:00, 1.5 min ago\n/)
    assert.match(text, /\nsnapshots +1, the oldest of version 4, of 1970-01-01 00:00\n\nmember +weight\n/)
    const weights = [...text.matchAll(/ (0\.\d{4})$/gm)].map(([, weight]) => Number(weight)).slice(3)
    assert.deepEqual(
      weights,
      weights.toSorted((a, b) => b - a),
    )
  })
})
