import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Gives the Python of a virtual environment of its own that has these packages and what they need; installs it the first time.
 *
 * @throws Error with what pip or Python said last
 * @example await installPython('.local/lightgbm', ['lightgbm==4.7.0'], 'LightGBM')
 */
export async function installPython(folder: string, packages: readonly string[], what: string): Promise<string> {
  const python = `${folder}/bin/python`
  const installedFile = `${folder}/installed.txt` // written last: an installation that was broken off starts anew
  if (existsSync(installedFile) && readFileSync(installedFile, 'utf8') === packages.join('\n')) return python
  console.error(`installing ${packages.join(', ')} in ${folder} …`)
  try {
    rmSync(folder, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', folder])
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  } catch (error) {
    const needs = 'Python 3.11 or newer with venv and a way to PyPI'
    throw new Error(`${what} cannot be installed in ${folder}, which needs ${needs}: ${lastLineOf(error)}`, { cause: error })
  }
  writeFileSync(installedFile, packages.join('\n'))
  return python
}

/** What a program that failed said last. */
export function lastLineOf(error: unknown): string {
  const { stderr, stdout, message } = error as Error & { stderr?: string; stdout?: string }
  return (stderr || stdout || message).trim().split('\n').at(-1)!
}
