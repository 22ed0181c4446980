import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** All that decides what a peer computes; CapyMOA needs no torch for its learners, and Java 17. */
export const packages = [
  'capymoa==0.15.1',
  'river==0.26.1',
  'lightgbm==4.7.0',
  'jpype1==1.7.1',
  'numpy==2.4.6',
  'pandas==2.3.3',
  'scikit-learn==1.9.1',
  'scipy==1.17.1',
]

/**
 * Gives the Python that has the peers, in a virtual environment under `folder`; installs it the first time.
 *
 * @throws Error with what pip or Python said last
 */
export async function installPeers(folder: string): Promise<string> {
  const venv = `${folder}/venv`
  const python = `${venv}/bin/python`
  const installedFile = `${venv}/installed.txt` // written last: an installation that was broken off starts anew
  if (existsSync(installedFile) && readFileSync(installedFile, 'utf8') === packages.join('\n')) return python
  console.error(`installing ${packages.join(', ')} in ${venv} …`)
  try {
    rmSync(venv, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', venv])
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  } catch (error) {
    const needs = 'Python 3.11 or newer with venv and a way to PyPI'
    throw new Error(`the peers cannot be installed in ${venv}, which needs ${needs}: ${lastLineOf(error)}`, { cause: error })
  }
  writeFileSync(installedFile, packages.join('\n'))
  return python
}

/** What a program that failed said last. */
export function lastLineOf(error: unknown): string {
  const { stderr, stdout, message } = error as Error & { stderr?: string; stdout?: string }
  return (stderr || stdout || message).trim().split('\n').at(-1)!
}
