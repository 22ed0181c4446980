import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { localFolder, ministackFolder } from '../../localstack/folders.mjs'

const setup = (name: string) => import(new URL(`../../localstack/setup/${name}.mjs`, import.meta.url).href)
const { hasStamp, installFolder, toStamp } = await setup('folder')
const { run } = await setup('shell')
const { withLock } = await setup('lock')

const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-compile', '--only-binary=:all:', '--disable-pip-version-check']

/**
 * The Python that has these packages, in a virtual environment of its own under .local/; made by the first run, for all later ones.
 *
 * @throws Error with what pip or Python said last
 * @example const python = await installPython('onnx', ['onnx==1.23.2'])
 */
export async function installPython(name: string, packages: readonly string[]): Promise<string> {
  const folder = join(localFolder, name)
  const ministackPython = join(ministackFolder, 'bin', 'python') // one that set-up found to be new enough
  const python = existsSync(ministackPython) ? ministackPython : 'python3'
  const stamp = toStamp(packages)
  try {
    await withLock(`${folder}.lock`, async () => {
      if (hasStamp(folder, stamp)) return
      await installFolder(folder, stamp, async (temporary: string) => {
        await run(python, ['-m', 'venv', temporary])
        await run(join(temporary, 'bin', 'python'), [...pip, ...packages])
      })
    })
  } catch (cause) {
    const needs = 'Python 3.11 or later with venv, and a way to PyPI'
    throw new Error(`${packages.join(', ')} cannot be installed in ${folder}, which needs ${needs}: ${(cause as Error).message}`, { cause })
  }
  return join(folder, 'bin', 'python')
}
