import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { UntypedDefinition } from '#models/definition.ts'
import { number, text, timeMs } from '#models/fields.ts'
import { compilePipeline } from '#models/pipeline-compiler.ts'

const base: UntypedDefinition = {
  name: 'payments',
  event: { id: text(), atMs: timeMs(), cents: number() },
  id: 'id',
  time: 'atMs',
  features: { cents: event => event.cents as number },
  label: { fields: { id: text(), atMs: timeMs() }, id: 'id', time: 'atMs', isPositive: () => true, arrivesWithinMs: 1_000 },
  retrain: { everyMs: 1_000, windowMs: 1_000 },
  decide: { positiveAtLeast: 0.5 },
}
const define = (engine: unknown, trainer: object = {}) =>
  compilePipeline({ ...base, trainer, retrain: { ...base.retrain, engine } } as UntypedDefinition)

describe('the engine of a definition', () => {
  it('is the function, where nothing is said', () => {
    assert.equal(compilePipeline(base).retrain.engine, 'lambda')
  })
  it('may be Spark, for trees on all rows', () => {
    assert.equal(define('spark', { kind: 'gbdt' }).retrain.engine, 'spark')
  })
  it('rejects one that does not exist', () => {
    assert.throws(() => define('flink'), { message: /^retrain\.engine must be 'lambda' or 'spark', got "flink"/ })
  })
  it('rejects a trainer that Spark does not have', () => {
    const said = /^trainer\.kind must be 'auto' or 'gbdt' where retrain\.engine is 'spark', got "ftrl"/
    assert.throws(() => define('spark', { kind: 'ftrl' }), { message: said })
  })
  it('rejects spans of rows that Spark would not try', () => {
    const said = /^trainer\.spans must be \[1\] where retrain\.engine is 'spark', got \[1,0\.25\]/
    assert.throws(() => define('spark', { spans: [1, 0.25] }), { message: said })
  })
})
