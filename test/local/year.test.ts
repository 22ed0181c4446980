import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { kafkaSteps, scheduledSteps } from '../../cdk/steps.ts'
import { runWorlds, type WorldReport, week } from '../chaos/year/year.ts'

/** A week of three million rows takes a minute of CPU to train on: `npm run chaos -- year` does it. */
const leftOut = ['retrain']

describe('a week at five events a second', () => {
  let report: WorldReport
  before(async () => {
    const reports = await runWorlds([week], () => {}, { leftOut })
    report = reports[0]
  })
  it('leaves every step within the limits of Lambda and AWS', () => assert.deepEqual(report.faults, []))
  it('has every step run on top of it', () => {
    const names = [...kafkaSteps, ...scheduledSteps].map(({ name }) => name).filter(name => !leftOut.includes(name))
    assert.deepEqual([...new Set(report.rows.map(({ step }) => step))], names)
  })
  it('has compact close the hour that is over and remove what was replaced a day ago', () => {
    const compact = report.rows.find(({ step }) => step === 'compact')
    assert.match(compact?.of ?? '', /closedHours 4, .*cleanedHours \d+/)
  })
})
