import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeBundle } from '#functions/bundles/registry.ts'
import { promoteVersion } from '../../../cli/registry/promote-version.ts'
import { makeBundle } from '../../make-bundle.ts'
import { openRegistry, racingStore } from './registry-fixture.ts'

const byHand = { role: 'champion', share: 0.1, reason: 'by hand' } as const

describe('promoteVersion', () => {
  it('makes the first champion', async () => {
    const { ports, pointer } = await openRegistry(['v1'], [])
    const { isChanged, before } = await promoteVersion(ports, { ...byHand, version: 'v1' })
    assert.deepEqual([isChanged, before, (await pointer())?.version], [true, null, 'v1'])
  })
  it('makes a shadow champion, with the reason, and leaves no shadow', async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2'], ['v1'])
    await promoteVersion(ports, { ...byHand, version: 'v2', role: 'shadow' })
    assert.deepEqual((await pointer())?.shadow, { version: 'v2', sinceMs: 1_000 })
    const { before } = await promoteVersion(ports, { ...byHand, version: 'v2', reason: 'it is better' })
    const after = await pointer()
    assert.deepEqual([before, after?.version, after?.shadow, after?.history.at(-1)?.reason], ['v1', 'v2', null, 'it is better'])
  })
  it('makes a challenger of a shadow, so that a model has one role', async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2'], ['v1'])
    await promoteVersion(ports, { ...byHand, version: 'v2', role: 'shadow' })
    await promoteVersion(ports, { ...byHand, version: 'v2', role: 'challenger', share: 0.25 })
    const after = await pointer()
    assert.deepEqual([after?.shadow, after?.challenger], [null, { version: 'v2', share: 0.25, sinceMs: 1_000 }])
  })
  it("changes a challenger's share and keeps since when it serves", async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2'], ['v1'])
    await promoteVersion(ports, { ...byHand, version: 'v2', role: 'challenger' })
    await promoteVersion({ ...ports, nowMs: () => 2_000 }, { ...byHand, version: 'v2', role: 'challenger', share: 0.5 })
    assert.deepEqual((await pointer())?.challenger, { version: 'v2', share: 0.5, sinceMs: 1_000 })
  })
  it('writes nothing where it is so already', async () => {
    const { ports } = await openRegistry(['v1'], ['v1'])
    const store = { ...ports.models, putIf: async () => assert.fail('it must not write') }
    const { isChanged } = await promoteVersion({ ...ports, models: store }, { ...byHand, version: 'v1' })
    assert.equal(isChanged, false)
  })
  it('decides again on what another writer of the same instant wrote: both changes are there', async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2', 'v3'], ['v1'])
    const other = () => promoteVersion(ports, { ...byHand, version: 'v3', role: 'shadow' })
    const { before } = await promoteVersion({ ...ports, models: racingStore(ports.models, other) }, { ...byHand, version: 'v2' })
    const after = await pointer()
    assert.deepEqual([before, after?.version, after?.shadow?.version], ['v1', 'v2', 'v3'])
  })
  it('keeps both champions of two writers in the history', async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2', 'v3'], ['v1'])
    await Promise.all(['v2', 'v3'].map(version => promoteVersion(ports, { ...byHand, version })))
    const versions = (await pointer())!.history.map(({ version }) => version)
    assert.deepEqual([versions.length, versions.toSorted()], [3, ['v1', 'v2', 'v3']])
  })
  it('writes a pointer anew that cannot be read', async () => {
    const { ports, pointer } = await openRegistry(['v1'], [])
    await ports.models.put('champions/flights.json', Buffer.from('{'))
    await promoteVersion(ports, { ...byHand, version: 'v1' })
    assert.equal((await pointer())?.version, 'v1')
  })

  it('rejects a version that is not there, naming the nearest', async () => {
    const { ports } = await openRegistry(['20010102T0646-0b77', '20010103T1905-d9c5'], [])
    await assert.rejects(promoteVersion(ports, { ...byHand, version: '20010102T0646-0b78' }), {
      code: 'ARGUMENT_INVALID',
      message: /pipeline flights has no model 20010102T0646-0b78; did you mean 20010102T0646-0b77, 20010103T1905-d9c5\?/,
    })
  })
  for (const [what, changes, reason] of [
    [
      'made for another definition',
      { manifest: { definition: 'other' } },
      /v2 cannot serve: .*made for definition other.*nothing was changed/,
    ],
    ['whose file is not the one of the manifest', { manifest: { sha256: 'abc' } }, /must have sha256 abc/],
    ['whose golden rows score otherwise', { goldenScore: 0.123 }, /scores golden row 0/],
    ['that is no ONNX file', { onnx: Buffer.from('not a model') }, /does not load/],
  ] as const) {
    it(`rejects a bundle ${what}, and leaves the pointer`, async () => {
      const { ports, pointer } = await openRegistry(['v1'], ['v1'])
      await writeBundle(ports.models, makeBundle('v2', changes))
      await assert.rejects(promoteVersion(ports, { ...byHand, version: 'v2' }), { code: 'BUNDLE_INVALID', message: reason })
      assert.equal((await pointer())?.version, 'v1')
    })
  }
  it('rejects a shadow where there is no champion, and the champion as its own shadow', async () => {
    const none = await openRegistry(['v1'], [])
    await assert.rejects(promoteVersion(none.ports, { ...byHand, version: 'v1', role: 'shadow' }), { message: /there is no champion yet/ })
    const { ports } = await openRegistry(['v1'], ['v1'])
    await assert.rejects(promoteVersion(ports, { ...byHand, version: 'v1', role: 'challenger' }), { message: /v1 is the champion/ })
  })
})
