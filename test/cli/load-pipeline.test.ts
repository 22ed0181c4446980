import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pipeline } from '#models/pipeline.ts'
import { loadPipeline } from '../../cli/load-pipeline.ts'

describe('loadPipeline', () => {
  it("is this repository's own where no file is named", async () => {
    assert.equal(await loadPipeline(), pipeline)
  })
  it('rejects a file that is not there, and one that exports no pipeline', async () => {
    await assert.rejects(loadPipeline('none.ts'), {
      code: 'ARGUMENT_INVALID',
      message: /--pipeline must be a file, there is none at .*none\.ts/,
    })
    const other = `${import.meta.dirname}/../collect.ts`
    await assert.rejects(loadPipeline(other), { code: 'ARGUMENT_INVALID', message: /--pipeline must export `pipeline`/ })
  })
  it('rejects a file that cannot be loaded, with its reason', async () => {
    await assert.rejects(loadPipeline(`${import.meta.dirname}/../../LICENSE`), { message: /LICENSE cannot be loaded: / })
  })
})
