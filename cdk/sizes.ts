/** Prints each function's size as Lambda gets it: `npm run sizes [-- arm64]`. Over its limit, a function makes the run fail. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { bundleSteps } from './bundle.ts'
import { loadPipeline } from './load-pipeline.ts'
import { readScriptArgument } from './script-arguments.ts'
import type { Settings } from './setting-table.ts'
import { parseSettings } from './settings.ts'
import { allSteps } from './steps.ts'

const megabyte = 1_000_000
/** What a zip may weigh: a large one starts slowly. */
const zipLimitMb: Readonly<Record<string, Readonly<Record<Settings['architecture'], number>>>> = {
  infer: { x86_64: 20, arm64: 15 },
  retrain: { x86_64: 60, arm64: 60 },
}
const otherLimitMb = 2

/** Bytes of a folder and of the zip made of it: each file deflated at the CDK's own level, and 76 bytes and two names of framing. */
function measure(folder: string): { unpackedBytes: number; zipBytes: number } {
  let unpackedBytes = 0
  let zipBytes = 22
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const content = readFileSync(path)
    unpackedBytes += content.length
    zipBytes += deflateRawSync(content, { level: 9 }).length + 76 + 2 * relative(folder, path).length
  }
  return { unpackedBytes, zipBytes }
}

const usage = `usage: npm run sizes [-- x86_64 | arm64]

Bundles every step for a processor (default: x86_64) and prints what Lambda gets. Exit codes: 0 all within their limits, 1 one is not, 2 wrong usage.`
const architecture = readScriptArgument(usage, ['x86_64', 'arm64'])
const settings = parseSettings(architecture === undefined ? {} : { architecture })
const pipeline = await loadPipeline(settings.pipelineFile)
const folderOf = await bundleSteps(pipeline.name, settings)

console.log(`function    zip MB  limit  unpacked MB   (${settings.architecture})`)
for (const { name } of allSteps) {
  const { unpackedBytes, zipBytes } = measure(folderOf(name))
  const limitMb = zipLimitMb[name]?.[settings.architecture] ?? otherLimitMb
  const isOver = zipBytes > limitMb * megabyte
  const columns = [
    (zipBytes / megabyte).toFixed(2).padStart(7),
    String(limitMb).padStart(6),
    (unpackedBytes / megabyte).toFixed(2).padStart(12),
  ]
  console.log(`${name.padEnd(11)}${columns.join(' ')}${isOver ? '   over its limit' : ''}`)
  if (isOver) process.exitCode = 1
}
