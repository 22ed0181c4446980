import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { foreignFields } from '#functions/bundles/foreign-manifest.ts'

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
const readme = read('functions/bundles/README.md')

describe('functions/bundles/README.md', () => {
  it('quotes the script that a test runs', () => {
    assert.equal(readme.match(/```python\n([\s\S]*?)```/)?.[1], read('test/local/byo/light_gbm.py'))
  })
  it('tells every field of the manifest', () => {
    const told = [...readme.matchAll(/^\| `(\w+)`/gm)].map(([, field]) => field)
    assert.deepEqual(told, foreignFields)
  })
})
