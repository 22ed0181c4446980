import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { changePointer, toPromoted } from '#functions/bundles/registry.ts'
import { makeEvaluate } from '#functions/counters/evaluate.ts'
import { readDuel, readShadowScores } from '#functions/counters/read.ts'
import { makeWatch } from '#functions/watch/watch.ts'
import { pipeline as flights } from '#models/pipeline.ts'
import { parsePromotionPolicy } from '#models/policy/promote.ts'
import { makeRandom } from '#models/random.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { makeFeedback, makePrediction } from '../../fixtures.ts'
import { memoryDynamo } from '../../memory-dynamo.ts'

const hourMs = 3_600_000
const lateHours = 40 * 24
const pipeline = {
  ...flights,
  labelArrivesWithinMs: 60 * 24 * hourMs,
  promoteWhen: parsePromotionPolicy({ on: 'live', live: { rowsAtLeast: 100, rowsPerUnit: 4 } }),
}

describe('watch', () => {
  it('promotes a better shadow whose labels come forty days late: evaluate keeps every hour until then', async () => {
    const random = makeRandom(4)
    const counters = dynamoCounters('counters', memoryDynamo().client)
    const models = memoryStore()
    await changePointer(models, 'flights', champion => toPromoted(champion, { version: 'm1', reason: 'first', nowMs: 1 }))
    await changePointer(models, 'flights', champion => ({ ...champion!, shadow: { version: 'm2', sinceMs: 2 } }))
    const evaluate = makeEvaluate({ pipeline, counters, nowMs: () => 0 })
    const look = makeWatch({ pipeline, models, readDuel: readDuel(counters), readShadowScores: readShadowScores(counters), nowMs: () => 3 })

    const rows = Array.from({ length: 4 * 24 * 55 }, (_, offset) => ({
      atMs: (offset >> 2) * hourMs,
      model: 'm1',
      score: 0.5,
      shadows: [{ model: 'm2', score: 0.6 + 0.2 * random() }],
      source: { topic: 'flights.events', partition: 0, offset },
    }))
    const verdicts: string[] = []
    for (let day = 0; day < 55; day++) {
      const dayRows = 4 * 24
      const predicted = rows.slice(day * dayRows, (day + 1) * dayRows)
      await evaluate(predicted.map(row => makeRecord(makePrediction(row), { topic: 'flights.predictions', offset: row.source.offset })))
      const labelled = day * 24 < lateHours ? [] : rows.slice(day * dayRows - lateHours * 4, (day + 1) * dayRows - lateHours * 4)
      await evaluate(
        labelled.map(row => {
          const { offset } = row.source
          const feedback = makeFeedback({ ...row, target: 1, labelSource: { topic: 'flights.labels', partition: 0, offset } })
          return makeRecord(feedback, { topic: 'flights.feedback', offset })
        }),
      )
      verdicts.push((await look()).verdict)
    }
    assert.equal(verdicts[39], 'wait')
    assert.equal(
      verdicts.find(verdict => verdict !== 'wait'),
      'promote',
    )
  })
})
