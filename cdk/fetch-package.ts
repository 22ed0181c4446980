import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { MillraceError } from '#models/errors.ts'
import { root } from './load-pipeline.ts'

const run = promisify(execFile)
const fetchedFolder = join(root, '.local/natives')

/**
 * The folder of a package that npm leaves out on this machine, since it is made for another processor: fetched once, then kept.
 *
 * npm itself fetches it, so its registry, proxy and checks of integrity hold.
 *
 * @throws MillraceError PREREQUISITE_MISSING where npm cannot fetch it
 * @example await fetchPackage('@duckdb/node-bindings-linux-arm64', '1.5.6-r.1') // …/.local/natives/@duckdb/node-bindings-linux-arm64@1.5.6-r.1
 */
export async function fetchPackage(name: string, version: string): Promise<string> {
  const folder = join(fetchedFolder, `${name}@${version}`)
  if (existsSync(folder)) return folder
  await mkdir(join(folder, '..'), { recursive: true })
  const temporary = await mkdtemp(join(fetchedFolder, 'fetch-'))
  try {
    await run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', temporary], { cwd: temporary })
    const archive = (await readdir(temporary)).find(file => file.endsWith('.tgz'))
    await run('tar', ['-xzf', archive ?? ''], { cwd: temporary })
    await rename(join(temporary, 'package'), folder)
  } catch (cause) {
    if (existsSync(folder)) return folder // another run was faster
    const [line] = String((cause as { readonly stderr?: string }).stderr || cause).split('\n')
    throw new MillraceError(
      'PREREQUISITE_MISSING',
      `${name}@${version}, which the other processor needs, could not be fetched by npm: ${line}; make its registry reachable, ` +
        `or unpack it into ${folder}`,
      { cause },
    )
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return folder
}
