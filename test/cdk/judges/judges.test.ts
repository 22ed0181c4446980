import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { localFolder } from '../../../localstack/folders.mjs'
import { installPython } from '../../local/python-folder.ts'
import { combinations } from '../combinations.ts'
import { synthesize } from '../template.ts'
import { accepted } from './accepted.ts'

/** What a judge finds: which rule, and the resource by its type and id. */
interface Finding {
  readonly id: string
  readonly about: string
  readonly message: string
}

/** Their commands name the folder in which pip wrote them, which is another by now: Python itself is asked. */
const startOf = { 'cfn-lint': ['-c', 'from cfnlint.runner import main; main()'], checkov: ['-m', 'checkov.main'] } as const

const packagesOf = (judge: string) =>
  readFileSync(join(import.meta.dirname, `${judge}.txt`), 'utf8')
    .trim()
    .split('\n')

/** Runs a judge of Python in an environment of its own; both end with a code above 0 where they find something. */
async function run(judge: keyof typeof accepted, args: readonly string[], cwd: string): Promise<string> {
  const python = await installPython(judge, packagesOf(judge))
  const options = { cwd, maxBuffer: 256 * 1024 * 1024, env: { ...process.env, PYTHONWARNINGS: 'ignore' } }
  try {
    return (await promisify(execFile)(python, [...startOf[judge], ...args], options)).stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string }
    if (stdout.trimStart().match(/^[[{]/)) return stdout
    throw new Error(`${judge} did not end well: ${stderr || (error as Error).message}`)
  }
}

interface LintFinding {
  readonly Filename: string
  readonly Message: string
  readonly Rule: { readonly Id: string }
  readonly Location: { readonly Path?: readonly (string | number)[] }
}

async function lint(folder: string, types: ReadonlyMap<string, string>): Promise<Finding[]> {
  const files = Object.keys(combinations).map(name => `${name}.template.json`)
  const found = JSON.parse(await run('cfn-lint', ['-r', 'eu-central-1', '--format', 'json', '-t', ...files], folder)) as LintFinding[]
  return found.map(({ Rule, Message, Location: { Path: [section, id] = [] } }) => {
    const about = section === 'Resources' ? `${types.get(String(id))}.${id}` : String(section)
    return { id: Rule.Id, about, message: Message }
  })
}

interface CheckovReport {
  readonly results: {
    readonly failed_checks: readonly { readonly check_id: string; readonly check_name: string; readonly resource: string }[]
  }
  readonly summary: { readonly passed: number; readonly parsing_errors: number }
}

async function check(folder: string): Promise<Finding[]> {
  const report = JSON.parse(
    await run('checkov', ['-d', '.', '--framework', 'cloudformation', '-o', 'json', '--quiet', '--compact'], folder),
  ) as CheckovReport
  assert.equal(report.summary.parsing_errors, 0)
  assert.ok(report.summary.passed > 1_000, `checkov passed ${report.summary.passed} checks: has it read the templates?`)
  return report.results.failed_checks.map(({ check_id: id, check_name: message, resource: about }) => ({ id, about, message }))
}

/** Their environments take minutes to make and their work takes more, so they are asked for once; where they are installed they judge with the others. */
const areWanted = process.env.JUDGES_TEST === '1' || Object.keys(startOf).every(judge => existsSync(join(localFolder, judge)))
const absent = areWanted ? false : 'cfn-lint and checkov are not installed: JUDGES_TEST=1 npm run test:unit installs them'

describe('outside judges of the templates', { skip: absent, timeout: 1_800_000 }, () => {
  let folder: string
  const types = new Map<string, string>()
  const found: Record<string, readonly Finding[]> = {}
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-judges-'))
    for (const [name, { context, pipeline }] of Object.entries(combinations)) {
      const template = synthesize(context, undefined, pipeline).toJSON()
      for (const [id, { Type }] of Object.entries(template.Resources as Record<string, { Type: string }>)) types.set(id, Type)
      writeFileSync(join(folder, `${name}.template.json`), JSON.stringify(template))
    }
    const [linted, checked] = await Promise.all([lint(folder, types), check(folder)])
    Object.assign(found, { 'cfn-lint': linted, checkov: checked })
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const [judge, findings] of Object.entries(accepted)) {
    it(`find nothing that is not accepted: ${judge}`, () => {
      const open = found[judge].filter(({ id, about }) => !findings.some(known => known.id === id && known.about.test(about)))
      assert.deepEqual([...new Set(open.map(({ id, about, message }) => `${id} ${about}: ${message}`))], [])
    })
    it(`still find what is accepted, or it need not be: ${judge}`, () => {
      const idle = findings.filter(({ id, about }) => !found[judge].some(finding => finding.id === id && about.test(finding.about)))
      assert.deepEqual(
        idle.map(({ id }) => id),
        [],
      )
    })
  }
})
