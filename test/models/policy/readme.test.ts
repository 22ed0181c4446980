import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { guardrailSettings } from '#models/policy/guardrails.ts'
import { liveGateSettings } from '#models/policy/live-gate.ts'
import { promotionSettings } from '#models/policy/promote.ts'
import { retrainWhenSettings } from '#models/policy/retrain-when.ts'
import type { Setting } from '#models/settings.ts'

const readme = readFileSync(new URL('../../../models/policy/README.md', import.meta.url), 'utf8')
const toText = (value: number) => (Number.isFinite(value) && value >= 10_000 ? value.toLocaleString('en-US') : String(value))

describe('models/policy/README.md', () => {
  it('has the tables of settings as they are in the code', () => {
    const rows = [promotionSettings, guardrailSettings, liveGateSettings, retrainWhenSettings].flatMap(table =>
      Object.entries<Setting>(table).map(([name, { default: fallback, min, max, isInteger, meaning }]) => {
        return `| \`${name}\` | ${toText(fallback)} | ${toText(min)} to ${toText(max)}${isInteger ? ', whole' : ''} | ${meaning} |`
      }),
    )
    const table = readme.match(/^\| `.*/gm)!.map(row => row.replace(/ +/g, ' ')) // Biome pads the cells
    assert.deepEqual(table, rows)
  })
})
