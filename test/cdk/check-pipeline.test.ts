import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkPipeline, type Trained } from '../../cdk/check-pipeline.ts'
import { parseSettings } from '../../cdk/settings.ts'
import { sparkImage } from './template.ts'

const dayMs = 86_400_000
const flights: Trained = { labelArrivesWithinMs: 2 * dayMs, retrain: { windowMs: 14 * dayMs, engine: 'lambda' } }
const onSpark: Trained = { ...flights, retrain: { ...flights.retrain, engine: 'spark' } }

const check = (pipeline: Trained, context: Record<string, string>) => checkPipeline(pipeline, parseSettings(context), context)
const rejects = (pipeline: Trained, context: Record<string, string>, message: RegExp) =>
  assert.throws(() => check(pipeline, context), { code: 'SETTING_INVALID', message })

describe('checkPipeline', () => {
  it('rejects settings of Spark without Spark, also where they are the default', () => {
    rejects(flights, { sparkWorkers: '4' }, /^sparkWorkers belongs to retrain\.engine 'spark', got 'lambda'; leave it out/)
    rejects(flights, { sparkWorkers: '8', sparkImage }, /^sparkImage and sparkWorkers belong to .* leave them out/)
  })
  it('takes them with Spark', () => {
    check(onSpark, { sparkWorkers: '8', sparkImage })
  })
  it('rejects an archive that ends before a training has read it, with both figures', () => {
    rejects(
      flights,
      { archiveKeepDays: '15' },
      /^archiveKeepDays must be at least 16, .*retrain\.windowMs \(14 days\) and label\.arrivesWithinMs \(2 days\), .* got 15; change it with/,
    )
  })
  it('takes an archive that lasts as long, or for ever', () => {
    check(flights, { archiveKeepDays: '16' })
    check(flights, {})
  })
})
