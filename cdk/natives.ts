import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '#models/errors.ts'
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
 * The files of a native package that its function needs.
 *
 * @throws MillraceError PREREQUISITE_MISSING where the package of that processor is not installed
 * @example copiesOf('onnxruntime-node', 'arm64')
 */
export function copiesOf(name: NativePackage, architecture: Settings['architecture']): Copy[] {
  const processor = architecture === 'arm64' ? 'arm64' : 'x64'
  return Object.entries(parts[name](processor)).flatMap(([packageName, paths]) => {
    const folder = join('node_modules', packageName)
    const version = readVersion(packageName, name)
    return paths.map(path => ({ from: join(root, folder, path), to: join(folder, path), version }))
  })
}

function readVersion(packageName: string, parent: NativePackage): string {
  const path = join(root, 'node_modules', packageName, 'package.json')
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')).version
  const version = readVersion(parent, parent)
  throw new MillraceError(
    'PREREQUISITE_MISSING',
    `${packageName} is not installed for this processor; add it with: npm install --no-save --force ${packageName}@${version}`,
  )
}
