import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { promoteVersion } from '../../../cli/registry/promote-version.ts'
import { rollBack } from '../../../cli/registry/roll-back.ts'
import { openRegistry, racingStore } from './registry-fixture.ts'

const reason = 'too high'
const promotion = { role: 'champion', share: 0.1, reason: 'by hand' } as const

describe('rollBack', () => {
  it('goes back to the champion before, in one write', async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2'], ['v1', 'v2'])
    let writeCount = 0
    const counted = racingStore(ports.models, async () => writeCount++)
    const { before } = await rollBack({ ...ports, models: counted }, { reason })
    const after = await pointer()
    assert.deepEqual([before, after?.version, writeCount], ['v2', 'v1', 1])
    assert.deepEqual(after?.history.at(-1), { version: 'v1', sinceMs: 1_000, reason })
  })
  it('goes back to the version that is named', async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2', 'v3'], ['v1', 'v2', 'v3'])
    await rollBack(ports, { to: 'v1', reason })
    assert.equal((await pointer())?.version, 'v1')
  })
  it('keeps a shadow that another writer set at the same instant', async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2', 'v3'], ['v1', 'v2'])
    const other = () => promoteVersion(ports, { ...promotion, version: 'v3', role: 'shadow' })
    await rollBack({ ...ports, models: racingStore(ports.models, other) }, { reason })
    const after = await pointer()
    assert.deepEqual([after?.version, after?.shadow?.version], ['v1', 'v3'])
  })
  it('rejects where another writer moved the champion at the same instant, and leaves what that one wrote', async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2', 'v3'], ['v1', 'v2'])
    const other = () => promoteVersion(ports, { ...promotion, version: 'v3' })
    await assert.rejects(rollBack({ ...ports, models: racingStore(ports.models, other) }, { reason }), {
      code: 'CHAMPION_CONFLICT',
      message: /the champion moved from v2 to v3 while rolling back; nothing was written/,
    })
    assert.equal((await pointer())?.version, 'v3')
  })
  it('rejects the second of two rollbacks of the same champion: one of them did it', async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2'], ['v1', 'v2'])
    const outcomes = await Promise.allSettled([rollBack(ports, { reason }), rollBack(ports, { reason })])
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    assert.equal((await pointer())?.version, 'v1')
  })
  it('rejects where there is no champion, or none before it, or it is the champion that is named', async () => {
    const none = await openRegistry(['v1'], [])
    await assert.rejects(rollBack(none.ports, { reason }), { message: /there is no champion yet/ })
    const { ports } = await openRegistry(['v1'], ['v1'])
    await assert.rejects(rollBack(ports, { reason }), { message: /v1 is the first champion, there is none before it/ })
    await assert.rejects(rollBack(ports, { to: 'v1', reason }), { message: /--to must be another model, v1 is the champion now/ })
  })
  it('rejects a model before whose bundle is gone, and leaves the pointer', async () => {
    const { ports, pointer } = await openRegistry(['v2'], ['v1', 'v2'])
    await assert.rejects(rollBack(ports, { reason }), { message: /pipeline flights has no model v1; did you mean v2\?/ })
    assert.equal((await pointer())?.version, 'v2')
  })
})
