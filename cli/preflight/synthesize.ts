import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { MillraceError } from '#models/errors.ts'

const root = path.join(import.meta.dirname, '..', '..')

/** A stack as the CDK would deploy it. */
export interface Synthesized {
  readonly stackName: string
  readonly template: unknown
}

/**
 * The template that `cdk deploy` with these settings would send, by the same app and command line: what is in it decides, and nothing else.
 *
 * @param settings `name=value`, as given with -c
 * @throws MillraceError SETTING_INVALID with what the app says where it refuses a setting
 */
export async function synthesize(settings: readonly string[]): Promise<Synthesized> {
  const output = await mkdtemp(path.join(tmpdir(), 'millrace-preflight-'))
  const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk')
  const context = settings.flatMap(setting => ['--context', setting])
  try {
    await promisify(execFile)(process.execPath, [cdk, 'synth', '--quiet', '--output', output, ...context], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', CI: 'true', CDK_VALIDATION: 'false' },
      maxBuffer: 64 * 1024 * 1024,
    })
    const ending = '.template.json'
    const file = (await readdir(output)).find(name => name.endsWith(ending))
    if (file === undefined) throw new MillraceError('FILE_INVALID', 'the app synthesized no stack')
    return { stackName: file.slice(0, -ending.length), template: JSON.parse(await readFile(path.join(output, file), 'utf8')) }
  } catch (cause) {
    const { stderr } = cause as { readonly stderr?: string }
    if (stderr === undefined) throw cause
    throw new MillraceError('SETTING_INVALID', toRefusal(stderr), { cause })
  } finally {
    await rm(output, { recursive: true, force: true })
  }
}

/** The app's own words, without those of the CDK around them. */
function toRefusal(stderr: string): string {
  const lines = stderr.split('\n').map(line => line.trim())
  return lines.find(line => line.length > 0 && !/subprocess exited|^\[?Warning|^Subprocess/i.test(line)) ?? 'the app does not synthesize'
}
