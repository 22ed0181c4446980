import assert from 'node:assert/strict'
import type { FeatureBlock, Model } from '#models/training-set.ts'

/** Asserts that `scoreShuffled` gives for each feature what `score` gives of the block with that one column in reverse. */
export function assertShuffledScores(model: Model, { values, rowCount, featureCount }: FeatureBlock): void {
  const permutation = Uint32Array.from({ length: rowCount }, (_, row) => rowCount - 1 - row)
  const shuffled = model.scoreShuffled!({ values, rowCount, featureCount }, permutation)
  assert.equal(shuffled.length, featureCount)
  const before = model.score({ values, rowCount, featureCount })
  shuffled.forEach((scores, feature) => {
    const turned = values.slice()
    for (let row = 0; row < rowCount; row++) turned[row * featureCount + feature] = values[permutation[row] * featureCount + feature]
    const expected = model.score({ values: turned, rowCount, featureCount })
    expected.forEach((score, row) => {
      assert.ok(Math.abs(score - scores[row]) < 1e-12, `feature ${feature}, row ${row}: ${scores[row]}, not ${score}`)
      if (score === before[row]) assert.equal(scores[row], score) // nothing changed: not even by rounding
    })
  })
}
