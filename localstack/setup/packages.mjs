// node_modules, by `npm ci`. No stamp: npm's own record of what it installed is compared with package-lock.json, so an
// `npm ci` by hand counts. npm writes that record last; an installation that was killed has none.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packagesFolder, projectFolder } from '../folders.mjs'
import { run } from './shell.mjs'

export const packagesStep = {
  name: 'packages (npm ci)',
  isDone: () =>
    existsSync(join(packagesFolder, 'node', 'bin', 'node')) && // absent if install scripts were switched off
    arePackagesCurrent(readPackages(join(projectFolder, 'package-lock.json')), readPackages(join(packagesFolder, '.package-lock.json'))),
  // onnxruntime-node's install script would fetch a CUDA library that nothing here uses, and fails where it cannot.
  install: () =>
    run('npm', ['ci', '--no-audit', '--no-fund', '--color=false'], {
      cwd: projectFolder,
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    }),
}

/** Whether every package of the lock file is installed in its version, optional ones for other platforms aside. */
export function arePackagesCurrent(locked, installed) {
  if (!locked || !installed) return false
  const isCurrent = ([path, wanted]) => {
    const found = installed[path]
    return found ? found.version === wanted.version && found.integrity === wanted.integrity : wanted.optional === true
  }
  return Object.entries(locked).every(entry => entry[0] === '' || isCurrent(entry)) && Object.keys(installed).every(path => path in locked)
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}
