import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hourMs } from '#functions/archived/hours.ts'
import { pipeline } from '#models/pipeline.ts'
import type { RunResult } from './training-set-run.ts'
import { writeHours, writeTail } from './training-set-year.ts'

const dayMs = 24 * hourMs
const retrainMb = 3_008
const endMs = Date.UTC(2027, 0, 1)

/**
 * Retrain on the archive of a day and of a year at five labels a second: what a first run takes, and the next one six hours later.
 *
 * Each run is the real step, trainers and all, in a process of its own over a bucket that is a folder, without S3's way there.
 */
export async function benchTrainingSet() {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-'))
  try {
    const rows: Record<string, object> = {}
    const tell = (name: string, result: RunResult) => {
      rows[name] = toRow(result)
      console.error(name, rows[name])
    }
    for (const [name, days] of [
      ['day one', 1],
      ['a year', 365],
    ] as const) {
      const archive = path.join(folder, `${days}`)
      const run = (models: string) => runRetrain({ archive, models: path.join(folder, models), memoryMb: retrainMb })
      const year = { folder: archive, rowsPerSec: 5, realFromMs: endMs - pipeline.retrain.windowMs - 6 * hourMs }
      await writeHours({ ...year, fromMs: endMs - days * dayMs, toMs: endMs })
      tell(`${name}, first run`, run(`${days}-models`))
      await writeHours({ ...year, fromMs: endMs, toMs: endMs + 6 * hourMs })
      await writeTail(year, endMs + 6 * hourMs, 300)
      tell(`${name}, six hours later`, run(`${days}-models`))
    }
    console.table(rows)
    return { aimSeconds: 60, aimPeakMb: 1_500, ...rows }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function runRetrain(request: object): RunResult {
  const script = path.join(import.meta.dirname, 'training-set-run.ts')
  return JSON.parse(execFileSync(process.execPath, [script, JSON.stringify(request)], { encoding: 'utf8', maxBuffer: 1e8 }))
}

function toRow({ outcome, seconds, cpuSeconds, readCpuSeconds, readPeakMb, peakMb, counts, phases }: RunResult) {
  const { flights = 0, compacted = 0, training = 0 } = { flights: counts.gets[`${pipeline.name}.feedback`], ...counts.gets }
  return {
    rows: outcome.trained ? outcome.rows : outcome.reason,
    sampled: outcome.trained ? Number(outcome.sampledRatio.toFixed(3)) : null,
    seconds: Number(seconds.toFixed(1)),
    readSeconds: Number(((phases[0]?.ms ?? 0) / 1_000).toFixed(1)),
    cpuSeconds: Number(cpuSeconds.toFixed(1)),
    readCpuSeconds: Number(readCpuSeconds.toFixed(1)),
    readPeakMb: Math.round(readPeakMb),
    peakMb: Math.round(peakMb),
    smallRead: flights,
    compactedRead: compacted,
    preparedRead: training,
    readMb: Math.round(counts.readBytes / 1e6),
    puts: counts.puts,
    writtenMb: Math.round(counts.writtenBytes / 1e6),
  }
}
