import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { checkWritable, writeResult } from '../../cli/write-json.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-json-'))
after(() => rmSync(folder, { recursive: true }))

function open() {
  const written: string[] = []
  return { written, terminal: { stdout: { write: (text: string) => written.push(text) } } }
}

describe('checkWritable', () => {
  it('lets a new file pass without making it, and one that is there without changing it', async () => {
    const [fresh, there] = [join(folder, 'new.json'), join(folder, 'there.json')]
    writeFileSync(there, '1')
    await checkWritable('--json', fresh)
    await checkWritable('--json', there)
    assert.equal(existsSync(fresh), false)
    assert.equal(readFileSync(there, 'utf8'), '1')
  })
  it('lets no file pass', async () => {
    await checkWritable('--json', true)
    await checkWritable('--json', undefined)
  })
  it('rejects a file in a folder that is not there, and a folder, naming the flag', async () => {
    await assert.rejects(checkWritable('--report', join(folder, 'none', 'x.html')), /^MillraceError: --report must be a file .* ENOENT/)
    await assert.rejects(checkWritable('--json', folder), /is a folder/)
  })
})

describe('writeResult', () => {
  const result = { text: 'well', value: { ok: true } }
  it('prints the text, or JSON in its place', async () => {
    const { written, terminal } = open()
    await writeResult(terminal, { ...result, json: undefined })
    await writeResult(terminal, { ...result, json: true })
    assert.deepEqual(written, ['well\n', '{"ok":true}\n'])
  })
  it('prints the text and writes the file', async () => {
    const { written, terminal } = open()
    await writeResult(terminal, { ...result, json: join(folder, 'out.json') })
    assert.deepEqual(written, ['well\n'])
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')), { ok: true })
  })
})
