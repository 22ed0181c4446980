import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pipeline } from '#models/examples/payments.ts'
import { toOp } from '#models/windows/op.ts'
import { openWindows } from '#models/windows/windows.ts'
import { pipelineChecks } from '../../checks/pipeline-checks.ts'

const atMs = Date.UTC(2026, 10, 2, 9)
const payment = { paymentId: 'p1', sentAtMs: atMs, cardId: 'c1', shopId: 's1', country: 'DE', amountCents: 2_500 }

pipelineChecks(pipeline, [payment, { ...payment, paymentId: 'p2', cardId: 'c2', country: 'US' }])

describe('the payments example', () => {
  it('gives features of the card, the shop and the other topics', () => {
    const windows = openWindows(pipeline.windows!)
    const names = pipeline.features.map(({ name }) => name)
    const apply = (name: string, record: object, key?: string) => {
      const source = pipeline.windows!.sources.findIndex(known => known.name === name)
      windows.apply(source, toOp(pipeline.windows!.sources[source], { ...record }, key))
    }
    apply('limits', { limitCents: 10_000 }, 'c1')
    apply('logins', { atMs: atMs - 600_000, cardId: 'c1', country: 'US' })
    windows.applyLabel({ paymentId: 'p0', decidedAtMs: atMs - 86_400_000, shopId: 's1', isChargedBack: 'yes' })
    windows.applyEvent({ ...payment, paymentId: 'p0', sentAtMs: atMs - 60_000, amountCents: 700 })
    const values = pipeline.toFeatures(payment, windows.read(payment), windows.readRows(payment))
    const feature = (name: string) => values[names.indexOf(name)]
    assert.deepEqual([feature('shareOfLimit'), feature('loginCountry'), feature('isAbroad')], [0.25, 'US', 1])
    assert.deepEqual([feature('chargedBackAtShop30d'), feature('loginsOfCard1h')], [1, 1])
    assert.deepEqual([feature('payments10m'), feature('spentCents1d'), feature('shops1d')], [1, 700, 1])
  })
})
