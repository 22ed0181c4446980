import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gbdtSettings } from '#models/gbdt/settings.ts'
import type { Setting } from '#models/settings.ts'

const readme = readFileSync(new URL('../../../models/gbdt/README.md', import.meta.url), 'utf8')
const groupThousands = (value: number) => (value >= 10_000 ? value.toLocaleString('en-US') : String(value))

describe('models/gbdt/README.md', () => {
  it('has the table of settings as it is in settings.ts', () => {
    const rows = Object.entries<Setting>(gbdtSettings).map(([name, { default: fallback, min, max, isInteger, meaning }]) => {
      const range = `${groupThousands(min)} to ${groupThousands(max)}${isInteger ? ', whole' : ''}`
      return `| \`${name}\` | ${groupThousands(fallback)} | ${range} | ${meaning} |`
    })
    const table = readme.match(/^\| `.*/gm)!.map(row => row.replace(/ +/g, ' ')) // Biome pads the cells
    assert.deepEqual(table, rows)
  })
})
