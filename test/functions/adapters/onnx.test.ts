import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { makeTripsOnnx } from '../../foreign-model.ts'

const rowCount = 1_000 // more than a call takes, and no multiple of it
const block = { values: Float32Array.from({ length: 3 * rowCount }, (_, at) => (at % 70) / 10), rowCount, featureCount: 3 }
const tensors = { input: 'X', output: 'probabilities', column: 1 }

describe('loadOnnx', () => {
  it('scores every row of a large block as it scores it alone', async () => {
    const session = await loadOnnx(makeTripsOnnx(), tensors)
    const scores = Array.from(await session.run(block))
    assert.equal(scores.length, rowCount)
    for (let row = 0; row < rowCount; row++) {
      const alone = await session.run({ values: block.values.slice(3 * row, 3 * row + 3), rowCount: 1, featureCount: 3 })
      assert.ok(Math.abs(alone[0] - scores[row]) < 1e-6, `row ${row}`)
    }
    await session.release()
  })
  it('takes the column that it is told', async () => {
    const [yes, no] = await Promise.all([1, 0].map(async column => (await loadOnnx(makeTripsOnnx(), { ...tensors, column })).run(block)))
    for (let row = 0; row < rowCount; row++) assert.ok(Math.abs(yes[row] + no[row] - 1) < 1e-6)
  })
  it('gives nothing for no rows', async () => {
    const session = await loadOnnx(makeTripsOnnx(), tensors)
    assert.equal((await session.run({ values: new Float32Array(0), rowCount: 0, featureCount: 3 })).length, 0)
  })
  it('rejects a column that the output does not have', async () => {
    const session = await loadOnnx(makeTripsOnnx(), { ...tensors, column: 2 })
    await assert.rejects(session.run(block), {
      message: /output probabilities must be float32 with a column 2, got float32 with 512 values for 256 rows/,
    })
  })
})
