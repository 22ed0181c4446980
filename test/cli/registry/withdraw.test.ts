import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { promoteVersion } from '../../../cli/registry/promote-version.ts'
import { withdraw } from '../../../cli/registry/withdraw.ts'
import { openRegistry } from './registry-fixture.ts'

describe('withdraw', () => {
  it('takes the shadow out and leaves champion and challenger', async () => {
    const { ports, pointer } = await openRegistry(['v1', 'v2', 'v3'], ['v1'])
    for (const [version, role] of [
      ['v2', 'shadow'],
      ['v3', 'challenger'],
    ] as const) {
      await promoteVersion(ports, { version, role, share: 0.1, reason: '' })
    }
    assert.equal(await withdraw(ports, 'shadow'), 'v2')
    const after = await pointer()
    assert.deepEqual([after?.version, after?.shadow, after?.challenger?.version], ['v1', null, 'v3'])
  })
  it('is null and writes nothing where there is none', async () => {
    const { ports } = await openRegistry(['v1'], ['v1'])
    const models = { ...ports.models, putIf: async () => assert.fail('it must not write') }
    assert.equal(await withdraw({ ...ports, models }, 'challenger'), null)
  })
})
