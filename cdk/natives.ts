import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchPackage } from './fetch-package.ts'
import { root } from './load-pipeline.ts'
import type { Settings } from './setting-table.ts'
import type { NativePackage } from './steps.ts'

/** One file or folder that goes into a function's zip. */
export interface Copy {
  readonly from: string
  readonly to: string
  readonly version: string
}

/** What of each package runs on Linux with one processor; the rest (other systems, installers, types) is most of its size. */
const parts: Readonly<Record<NativePackage, (processor: 'x64' | 'arm64') => Readonly<Record<string, readonly string[]>>>> = {
  'onnxruntime-node': processor => ({
    'onnxruntime-node': ['package.json', 'dist', `bin/napi-v6/linux/${processor}`],
    'onnxruntime-common': ['package.json', 'dist/cjs'],
  }),
  '@duckdb/node-api': processor => ({
    '@duckdb/node-api': ['package.json', 'lib'],
    '@duckdb/node-bindings': ['package.json', 'duckdb.js'],
    [`@duckdb/node-bindings-linux-${processor}`]: ['package.json', 'duckdb.node', 'libduckdb.so'],
  }),
}

/**
 * The files of a native package that its function needs. A package of the other processor, which npm does not install, is fetched.
 *
 * @throws MillraceError PREREQUISITE_MISSING where a package is neither installed nor to be had
 * @example await copiesOf('onnxruntime-node', 'arm64')
 */
export async function copiesOf(name: NativePackage, architecture: Settings['architecture']): Promise<Copy[]> {
  const processor = architecture === 'arm64' ? 'arm64' : 'x64'
  const copies = Object.entries(parts[name](processor)).map(async ([packageName, paths]) => {
    const folder = await findPackage(packageName, name)
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { readonly version: string }
    return paths.map(path => ({ from: join(folder, path), to: join('node_modules', packageName, path), version }))
  })
  return (await Promise.all(copies)).flat()
}

/** Where a package is; parts of one native package all have its version. */
async function findPackage(packageName: string, parent: NativePackage): Promise<string> {
  const folder = join(root, 'node_modules', packageName)
  if (existsSync(folder)) return folder
  const { version } = JSON.parse(await readFile(join(root, 'node_modules', parent, 'package.json'), 'utf8')) as { readonly version: string }
  return fetchPackage(packageName, version)
}
