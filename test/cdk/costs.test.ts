import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { breakEvenTable, partsTable, totalsTable } from '../../cdk/cost-tables.ts'
import { breakEven, functionCosts, monthlyCosts, totalOf } from '../../cdk/costs.ts'
import { parseSettings } from '../../cdk/settings.ts'
import { existingArn } from './template.ts'

const settings = parseSettings({})
const page = readFileSync(join(import.meta.dirname, '../../cdk/README.md'), 'utf8')
const near = (got: number, wanted: number) => assert.ok(Math.abs(got - wanted) < 0.005, `${got} is not ${wanted}`)

describe('monthlyCosts', () => {
  it('of an idle provisioned cluster are brokers by the hour, and their disks', () => {
    near(monthlyCosts(settings, 0).brokers, 3 * 0.204 * 720 + 3 * 100 * 0.1)
  })
  it('of an idle serverless cluster are the cluster and its partitions by the hour', () => {
    near(monthlyCosts(parseSettings({ cluster: 'serverless' }), 0).brokers, 0.75 * 720 + 36 * 0.0015 * 720)
  })
  it('leave an existing cluster and its network to its owner', () => {
    const costs = monthlyCosts(parseSettings({ cluster: existingArn }), 1_000_000)
    assert.deepEqual([costs.brokers, costs.network], [0, 0])
  })
  it('of provisioned pollers are units of ten, and of on-demand ones nothing', () => {
    near(monthlyCosts(settings, 0).pollers, 2 * 0.185 * 720) // twelve mappings
    near(monthlyCosts(parseSettings({ minPollers: '2' }), 0).pollers, 3 * 0.185 * 720)
    assert.equal(monthlyCosts(parseSettings({ pollers: 'on-demand' }), 0).pollers, 0)
  })
  it('of tables are a write and a read a prediction, the state of windows, and what lies in them', () => {
    const [prediction, state] = [1_000_000, 8_000_000] // four units of an event and of a label
    const units = (prediction + state) * (0.625 + 0.125) + prediction * 0.125 // a look for a waiting label
    near(monthlyCosts(settings, 1_000_000).tables, units / 1_000_000 + 0.6 * (14 / 30) * 0.25)
  })
  it('grow with predictions, slower than they do', () => {
    const [small, large] = [1_000_000, 100_000_000].map(count => totalOf(monthlyCosts(settings, count)))
    assert.ok(large > small && large < 100 * small)
  })
})

describe('functionCosts', () => {
  it('of few records are one invocation each; of many, full batches', () => {
    const usd = (count: number) => functionCosts(settings, count, ['infer'])
    const perSecond = (1_769 / 1_024) * 0.0000166667
    near(usd(1_000) * 1_000, 1_000 * (0.2 / 1_000_000 + (0.015 + 0.000035) * perSecond) * 1_000)
    const billions = 1e12
    const wanted = (billions / 5_000) * (0.2 / 1_000_000 + 0.015 * perSecond) + billions * 0.000035 * perSecond
    assert.ok(Math.abs(usd(billions) / wanted - 1) < 0.001)
  })
  it('are a fifth less on arm64', () => {
    const ratio = functionCosts(parseSettings({ architecture: 'arm64' }), 1e10) / functionCosts(settings, 1e10)
    assert.ok(ratio > 0.79 && ratio < 0.83, String(ratio))
  })
})

describe('breakEven', () => {
  it('is where one line crosses the other', () => {
    assert.ok(
      Math.abs(
        breakEven(
          count => 2 * count,
          () => 100,
        ) - 50,
      ) < 0.001,
    )
  })
  it('is infinite where they never cross, and zero where they have from the start', () => {
    assert.equal(
      breakEven(
        () => 1,
        () => 2,
      ),
      Number.POSITIVE_INFINITY,
    )
    assert.equal(
      breakEven(
        () => 2,
        () => 1,
      ),
      0,
    )
  })
})

describe('cdk/README.md', () => {
  for (const [name, table] of Object.entries({ totals: totalsTable, parts: partsTable, 'break-even points': breakEvenTable })) {
    it(`shows the ${name} that are computed`, () => {
      assert.ok(page.includes(table(settings)), `put this into cdk/README.md:\n${table(settings)}`)
    })
  }
})
