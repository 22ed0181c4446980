import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { rejectionCodes } from '#functions/records.ts'

const root = path.join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter(Boolean)
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

/** Every text that a page sets in back quotes, one or three. */
const quoted = (page: string) => [...read(page).matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map(([text]) => text.replaceAll('`', ''))

describe('the documentation', () => {
  for (const page of pages) {
    it(`of ${page} names only npm scripts that are there`, () => {
      for (const [, name] of quoted(page)
        .join('\n')
        .matchAll(/npm (?:run (?:-s |--silent )?)?([a-z][\w:]*)/g)) {
        const isBuiltIn = ['ci', 'install', 'run'].includes(name)
        assert.ok(isBuiltIn || Object.hasOwn(scripts, name), `${page} names npm script ${name}`)
      }
    })
    it(`of ${page} names only files and folders that are there`, () => {
      const names = quoted(page).filter(text => /^(models|functions|cdk|localstack|cli|test)\/[\w./-]*$/.test(text))
      for (const name of names) assert.ok(existsSync(path.join(root, name)), `${page} names ${name}`)
    })
    it(`of ${page} links only to files that are there`, () => {
      for (const [, target] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        assert.ok(existsSync(path.join(root, path.dirname(page), target)), `${page} links to ${target}`)
      }
    })
  }

  it('of README.md tells every rejection code', () => {
    for (const code of rejectionCodes) assert.ok(read('README.md').includes(code), `README.md does not tell ${code}`)
  })
  it('of README.md tells every option of npm start', () => {
    const options = [...read('localstack/options.ts').matchAll(/new Option\('(--\w+)/g)].map(([, option]) => option)
    assert.ok(options.length > 4)
    for (const option of options) assert.ok(read('README.md').includes(option), `README.md does not tell ${option}`)
  })
})
