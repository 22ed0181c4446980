import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { scheduledHandler } from '#functions/adapters/scheduled-handler.ts'

describe('scheduledHandler', () => {
  let lines: Record<string, unknown>[] = []
  const write = process.stdout.write
  const writeError = process.stderr.write
  beforeEach(() => {
    lines = []
    process.stdout.write = process.stderr.write = (text: string | Uint8Array) => {
      const isJson = String(text).startsWith('{')
      if (isJson) lines.push(JSON.parse(String(text)))
      return isJson || write.call(process.stdout, text)
    }
  })
  afterEach(() => {
    process.stdout.write = write
    process.stderr.write = writeError
  })
  const toCounts = ({ rows }: { readonly rows: number }) => ({ trainedModels: 1, trainingRows: rows })

  it('leaves one line with the outcome, and its counts and duration as metrics', async () => {
    const handler = scheduledHandler(
      { step: 'retrain', pipeline: 'flights' },
      () => async () => ({ trained: true, rows: 45_000 }),
      toCounts,
    )
    assert.deepEqual(await handler(), { trained: true, rows: 45_000 })
    const [line, metrics] = lines
    assert.deepEqual([line.level, line.step, line.trained, line.rows, typeof line.durationMs], ['INFO', 'retrain', true, 45_000, 'number'])
    assert.deepEqual(
      [metrics.service, metrics.pipeline, metrics.FailedRuns, metrics.TrainedModels, metrics.TrainingRows, typeof metrics.RunDuration],
      ['retrain', 'flights', 0, 1, 45_000, 'number'],
    )
    assert.equal(lines.length, 2)
  })
  it('throws what the run threw, after a line that names its code and a failed run in the metrics', async () => {
    const failure = Object.assign(new Error('no rows'), { code: 'TRAINING_IMPOSSIBLE' })
    const handler = scheduledHandler({ step: 'retrain', pipeline: 'flights' }, () => () => Promise.reject(failure), toCounts)
    await assert.rejects(handler(), failure)
    const [line, metrics] = lines
    assert.deepEqual([line.level, line.step, line.code], ['ERROR', 'retrain', 'TRAINING_IMPOSSIBLE'])
    assert.deepEqual([metrics.FailedRuns, metrics.TrainedModels], [1, undefined])
  })
  it('tells of a run that cannot be made, and makes it anew at the next call', async () => {
    let tries = 0
    const makeRun = () => {
      if (tries++ === 0) throw new Error('no environment')
      return async () => ({ rows: 1 })
    }
    const handler = scheduledHandler({ step: 'retrain', pipeline: 'flights' }, makeRun, toCounts)
    await assert.rejects(handler(), /no environment/)
    assert.deepEqual(await handler(), { rows: 1 })
    assert.deepEqual(
      lines.filter(line => line._aws !== undefined).map(({ FailedRuns }) => FailedRuns),
      [1, 0],
    )
  })
})
