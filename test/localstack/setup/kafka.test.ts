import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

const { readJavaMajor } = await import(new URL('../../../localstack/setup/kafka.mjs', import.meta.url).href)

describe('readJavaMajor', () => {
  const cases: Record<string, number> = {
    'openjdk version "17.0.15" 2025-04-15': 17,
    'java version "1.8.0_402"': 8,
    'openjdk version "21" 2023-09-19': 21,
    'Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "25.0.1" 2025-10-21 LTS': 25,
  }
  for (const [text, major] of Object.entries(cases)) {
    it(`is ${major} for ${text.split('\n').at(-1)}`, () => {
      assert.equal(readJavaMajor(text), major)
    })
  }
  it('is NaN where there is no version', () => {
    assert.equal(readJavaMajor('no Java runtime present'), Number.NaN)
  })
})
