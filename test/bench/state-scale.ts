import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const keyCounts = [10_000, 100_000, 1_000_000]
/** Entries of 5,000 payments that no page holds yet: about as many as there are before a snapshot is due for their bytes. */
const tailBatches = 80
const batches = { build: 0, cold: 8, upkeep: 24 }
/** Lambda gives Node about as much of 1,024 MB. */
const heapMb = 900

/**
 * The state at many keys in four rings, 0.5 % of them active in a batch of 5,000 payments, drawn anew for each batch: the worst case for a cache.
 *
 * Each run is a process of its own, and the state lies in a file, so that its memory is that of a function: the first batch after a cold start,
 * the batches after it, and the same while snapshots are written. Calls and units are counted as DynamoDB would; its client is left out.
 */
export async function benchStateScale() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-state-'))
  const rows: Record<string, object> = {}
  try {
    for (const keyCount of keyCounts) {
      const file = join(folder, `${keyCount}.sqlite`)
      const run = async (what: keyof typeof batches) => {
        const firstBatch = tailBatches + (what === 'upkeep' ? 1 + batches.cold : 0)
        const request = { what, file, keyCount, tailBatches, firstBatch, batches: batches[what] }
        const flags = what === 'build' ? ['--max-old-space-size=8000'] : [`--max-old-space-size=${heapMb}`]
        const { stdout } = await promisify(execFile)(process.execPath, [
          ...flags,
          '--disable-warning=ExperimentalWarning',
          join(import.meta.dirname, 'state-scale', 'run.ts'),
          JSON.stringify(request),
        ])
        return JSON.parse(stdout) as object
      }
      rows[keyCount] = { state: await run('build'), ...(await run('cold')), upkeep: await run('upkeep') }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return rows
}
