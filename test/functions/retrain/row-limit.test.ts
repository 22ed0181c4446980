import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toRowLimit } from '#functions/retrain/row-limit.ts'
import { pipeline } from '#models/pipeline.ts'

describe('toRowLimit', () => {
  it('falls with the features and grows with the memory', () => {
    assert.equal(toRowLimit(pipeline, 3_008).rows, 1_103_000)
    assert.equal(toRowLimit(pipeline, 6_016).rows, 2_556_000)
    assert.equal(toRowLimit({ features: pipeline.features.slice(0, 9) }, 3_008).rows, 2_920_000)
  })
  it('says what sets it and what to do for more rows', () => {
    assert.equal(
      toRowLimit(pipeline, 3_008).because,
      "1103000 rows of 36 features are what retrain's 3008 MB hold; for more of them give retrain more memoryMb in cdk/steps.ts, or set retrain.engine to 'spark' in the definition",
    )
  })
  it('is 1,000 rows where the memory is too small for the formula', () => {
    assert.equal(toRowLimit(pipeline, 512).rows, 1_000)
  })
})
