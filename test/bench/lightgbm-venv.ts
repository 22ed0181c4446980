import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)
const folder = '.local/lightgbm'
const packages = ['lightgbm==4.7.0', 'numpy==2.4.6', 'scipy==1.17.1']

/**
 * Gives the Python that has LightGBM, in a virtual environment of its own; installs it the first time.
 *
 * @throws Error with what pip or Python said last
 */
export async function installLightgbm(): Promise<string> {
  const python = `${folder}/bin/python`
  const installedFile = `${folder}/installed.txt` // written last: an installation that was broken off starts anew
  if (existsSync(installedFile) && readFileSync(installedFile, 'utf8') === packages.join('\n')) return python
  console.error(`installing ${packages.join(', ')} in ${folder} …`)
  try {
    rmSync(folder, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', folder])
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  } catch (error) {
    const { stderr, stdout, message } = error as Error & { stderr?: string; stdout?: string }
    const said = (stderr || stdout || message).trim().split('\n').at(-1)
    throw new Error(`LightGBM cannot be installed in ${folder}, which needs Python 3.11 or newer with venv and a way to PyPI: ${said}`, {
      cause: error,
    })
  }
  writeFileSync(installedFile, packages.join('\n'))
  return python
}
