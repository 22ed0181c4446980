import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}
const setUp = 'node localstack/setup.mjs'

/** Scripts that start a broker or an emulator; the others need packages alone, on a machine without Java or Python too. */
const withServers = ['start', 'test', 'test:local', 'bench', 'chaos']

describe('the scripts of package.json', () => {
  for (const name of Object.keys(scripts).filter(name => name !== 'setup' && !(name.startsWith('pre') && name.slice(3) in scripts))) {
    it(`set up what ${name} needs before it runs, in a fresh clone too`, () => {
      assert.equal(scripts[`pre${name}`], withServers.includes(name) ? setUp : `${setUp} --packages`)
    })
  }
})
