import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeRetrainTrigger, type RetrainCause, type RetrainWhen } from '#models/policy/retrain-when.ts'
import { makeRandom } from '#models/random.ts'

/** The rows at which the trigger asked, and why, in a stream of one row a second; each is answered by a training. */
function runStream(settings: Partial<RetrainWhen>, rowCount: number, lossOf?: (row: number) => number) {
  const trigger = makeRetrainTrigger(settings)
  const asked: [rows: number, cause: RetrainCause][] = []
  for (let labelledRows = 1; labelledRows <= rowCount; labelledRows++) {
    if (lossOf) trigger.addLoss(lossOf(labelledRows))
    const position = { labelledRows, atMs: labelledRows * 1000 }
    const cause = trigger.isDue(position)
    if (!cause) continue
    asked.push([labelledRows, cause])
    trigger.trained({ ...position, promisedLoss: 0.5 })
  }
  return asked
}

const never = Number.POSITIVE_INFINITY

describe('makeRetrainTrigger', () => {
  it('asks first at 200 labelled rows, then each time they have grown by the factor', () => {
    assert.deepEqual(
      runStream({ growthFactor: 2 }, 2_000).map(([rows]) => rows),
      [200, 400, 800, 1600],
    )
  })
  it('asks about 20 times in 45,000 rows by default', () => {
    const { length } = runStream({}, 45_000)
    assert.ok(length >= 15 && length <= 25, `asked ${length} times`)
  })
  it('asks on a schedule of rows', () => {
    const asked = runStream({ growthFactor: never, everyRows: 500 }, 1_300)
    assert.deepEqual(asked, [
      [200, 'growth'],
      [700, 'schedule'],
      [1200, 'schedule'],
    ])
  })
  it('asks on a schedule of event time', () => {
    const asked = runStream({ growthFactor: never, everyMs: 600_000 }, 1_300)
    assert.deepEqual(
      asked.map(([rows]) => rows),
      [200, 800],
    )
  })
  it('does not ask on schedule where no label came since', () => {
    const trigger = makeRetrainTrigger({ everyMs: 1000 })
    trigger.trained({ labelledRows: 500, atMs: 0 })
    assert.equal(trigger.isDue({ labelledRows: 500, atMs: 1e9 }), undefined)
    assert.equal(trigger.isDue({ labelledRows: 501, atMs: 1e9 }), 'schedule')
  })

  it('asks soon after the loss rose, and not again at every row', () => {
    const random = makeRandom(3)
    const noisy = (row: number) => (row <= 10_000 ? 0.5 : 0.8) + random() - 0.5
    const asked = runStream({ growthFactor: never }, 10_500, noisy)
    assert.deepEqual(
      asked.map(([, cause]) => cause),
      ['growth', 'error'],
    )
    assert.ok(asked[1][0] > 10_000 && asked[1][0] <= 10_150, `asked at ${asked[1][0]}`) // the next must wait for 5 % new rows
  })
  it('asks where the loss is above the promise from the start', () => {
    const random = makeRandom(4)
    const asked = runStream({ growthFactor: never }, 1_000, () => 0.8 + random() - 0.5)
    assert.equal(asked[1][1], 'error')
  })
  it('leaves a loss that only swings as ever alone', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = makeRandom(seed)
      const logLoss = () => (random() < 0.2 ? 1.2 : 0.325) // mean 0.5
      assert.equal(runStream({ growthFactor: never }, 20_000, logLoss).length, 1)
    }
  })
  it('does not count a loss that is not a number', () => {
    assert.equal(runStream({ growthFactor: never }, 1_000, () => Number.NaN).length, 1)
  })

  it('rejects a factor that never grows', () => {
    assert.throws(() => makeRetrainTrigger({ growthFactor: 1 }), {
      message: 'retrain.when.growthFactor must be from 1.01 to Infinity, got 1; change it in models/pipeline.ts',
    })
  })
})
