import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pipeline } from '#models/pipeline.ts'
import { assumed } from '../../cdk/cost-assumptions.ts'
import { before, chosen } from '../../cdk/cost-choices.ts'
import { breakEvenTable, changesTable, choicesTable, partsTable, totalsTable } from '../../cdk/cost-tables.ts'
import { breakEven, functionCosts, monthlyCosts, totalOf } from '../../cdk/costs.ts'
import { parseSettings } from '../../cdk/settings.ts'
import { topicSettings } from '../../cdk/topics.ts'
import { existingArn, resourcesOf, synthesize } from './template.ts'

const settings = parseSettings({})
const page = readFileSync(join(import.meta.dirname, '../../cdk/README.md'), 'utf8')
const near = (got: number, wanted: number) => assert.ok(Math.abs(got - wanted) < 0.005, `${got} is not ${wanted}`)
const nearRatio = (got: number, wanted: number) => assert.ok(Math.abs(got / wanted - 1) < 0.001, `${got} is not ${wanted}`)

describe('monthlyCosts', () => {
  it('of an idle provisioned cluster are brokers by the hour, and their disks', () => {
    near(monthlyCosts(settings, 0).brokers, 3 * 0.204 * 720 + 3 * 100 * 0.1)
  })
  it('of an idle serverless cluster are the cluster and its partitions by the hour', () => {
    near(monthlyCosts(parseSettings({ cluster: 'serverless' }), 0).brokers, 0.75 * 720 + 36 * 0.0015 * 720)
  })
  it('leave an existing cluster and its network to its owner', () => {
    const costs = monthlyCosts(parseSettings({ cluster: existingArn, brokerAccess: 'public' }), 1_000_000)
    assert.deepEqual([costs.brokers, costs.network], [0, 0])
  })
  it('of provisioned pollers are units of ten, and of on-demand ones nothing', () => {
    near(monthlyCosts(settings, 0).pollers, 0.185 * 720) // ten mappings
    near(monthlyCosts(parseSettings({ minPollers: '2' }), 0).pollers, 2 * 0.185 * 720)
    assert.equal(monthlyCosts(parseSettings({ pollers: 'on-demand' }), 0).pollers, 0)
  })
  it('of predictions are a write and half a read each, what early labels take, and what lies in the table', () => {
    const early = 0.001 * (6 * 0.625 + 5 * 0.125)
    near(monthlyCosts(settings, 1e8).predictions, 100 * (0.625 + 0.0625 + early) + 98.9 * (4 / 30) * 0.25)
  })
  it('of provisioned predictions are units by the hour, of which seven tenths are used', () => {
    const perSecond = 1e10 / (720 * 3_600)
    const early = 10_000 * 0.001 * (6 * 0.625 + 5 * 0.125)
    const stored = 9_890 * (4 / 30) * 0.25
    const wanted = (perSecond / 0.7) * (0.00065 + 0.5 * 0.00013) * 720 + early + stored
    near(monthlyCosts(parseSettings({ tables: 'provisioned' }), 1e10).predictions, wanted)
  })
  it('of the state are entries of partitions and the reads of a batch: of few events one entry each', () => {
    const usd = monthlyCosts(settings, 1_000).state // a batch holds one record
    const entries = 1_000 * (4 * 0.625 + 25.5 * 0.125) + 1_000 * (1 + 0.0064) * 0.625
    const storedGb = (2 * 1_000 * (300 + 6) * (8 / 30)) / 1e9
    nearRatio(usd, entries / 1e6 + storedGb * (0.25 + 0.2))
  })
  it('of counters follow the partitions in a batch, not its rows', () => {
    const few = monthlyCosts(settings, 1e8).counters
    near(few, (2 * (720 * 60) * 6 * (6 * 0.625 + 3 * 0.125)) / 1e6)
    assert.ok(monthlyCosts(settings, 1e8, before).counters > 10 * few)
  })
  it('of traces are one a second of each function, and a twentieth of the rest', () => {
    assert.equal(monthlyCosts(settings, 1e8).tracing, 0)
    const usd = monthlyCosts(parseSettings({ tracing: 'on' }), 1_000, before).tracing
    nearRatio(usd, (1_000 * (1 + 1 + 1 + 1 + 1 + 4) * 5) / 1e6) // by mapping, of which each batch holds one record
  })
  it('of disks are those that the stack makes, until data fills them and they grow', () => {
    const disks = (brokerDiskGb: string, predictions: number) => monthlyCosts(parseSettings({ brokerDiskGb }), predictions).brokers
    near(disks('200', 1e8) - disks('100', 1e8), 3 * 100 * 0.1)
    near(disks('200', 1e11) - disks('100', 1e11), 0)
  })
  it('count bytes of what functions send as they travel, compressed', () => {
    const plain = monthlyCosts(parseSettings({ compression: 'none' }), 1e10).brokers
    assert.ok(plain > 2 * monthlyCosts(settings, 1e10).brokers)
  })
  it('of an archive are an object a window and partition, a month of small ones and a year of compacted ones', () => {
    const objects = (windowSec: number) => (4 * (720 * 3_600 * 6)) / windowSec
    const change = (windowSec: number) => monthlyCosts(settings, 1e8, { ...chosen, windowSec: { archive: windowSec } }).archive
    const ofObjects = objects(60) * ((0.005 + 0.0004) / 1_000) + ((objects(60) / 4) * 16_350 * (32 / 30) * 0.023) / 1e9
    near(change(60) - change(120), ofObjects / 2)
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
    const waitSec = (2 + 10 + 0.5 * 40 + 2 * 1.5) / 1_000 // Lambda's own, the brokers, half a look at the pointer, work of the calls
    const recordSec = (2 * 19) / 1e6
    nearRatio(usd(1_000), 1_000 * (0.2 / 1e6 + (waitSec + recordSec) * perSecond))
    const billions = 1e12
    const wanted = (billions / 5_000) * (0.2 / 1e6 + waitSec * perSecond) + billions * recordSec * perSecond
    nearRatio(usd(billions), wanted)
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

describe('what costs assume', () => {
  it('counts the metrics that alarms of the default settings read', () => {
    const alarms = resourcesOf(synthesize({}), 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.Metrics as object[] | undefined)
    const metricCount = alarms.map(metrics => metrics?.filter(metric => 'MetricStat' in metric).length ?? 1)
    assert.equal(
      metricCount.reduce((sum, count) => sum + count, 0),
      assumed.alarmMetrics,
    )
  })
  it('has deliver look for no label of a flight, and keeps rows for as long as flights need them', () => {
    assert.ok(pipeline.labelArrivesAfterMs > 60_000)
    assert.equal(assumed.predictions.keptDays, pipeline.labelArrivesWithinMs / 86_400_000 + 2)
  })
  it('knows every step and topic that it gives figures for', () => {
    const topics = Object.keys(topicSettings)
    for (const name of Object.keys(assumed.steps)) assert.ok(topics.includes(name.split(' ')[1]), name)
  })
})

describe('cdk/README.md', () => {
  const tables = {
    totals: totalsTable,
    parts: partsTable,
    changes: changesTable,
    choices: choicesTable,
    'break-even points': breakEvenTable,
  }
  for (const [name, table] of Object.entries(tables)) {
    it(`shows the ${name} that are computed`, () => {
      assert.ok(page.includes(table(settings)), `put this into cdk/README.md:\n${table(settings)}`)
    })
  }
})
