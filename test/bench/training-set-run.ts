// One run of retrain over an archive in a folder, in a process of its own: a RunRequest in, a RunResult out.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { withDuckdb } from '#functions/adapters/local-database.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { readText } from '#functions/adapters/text-file.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { makeReadRows } from '#functions/retrain/read-rows.ts'
import type { Phase } from '#functions/retrain/report.ts'
import { makeRetrain } from '#functions/retrain/retrain.ts'
import { toRowLimit } from '#functions/retrain/row-limit.ts'
import type { RetrainOutcome } from '#functions/retrain/settle.ts'
import { pipeline } from '#models/pipeline.ts'
import { folderStore, type StoreCounts } from './training-set-store.ts'

export interface RunRequest {
  readonly archive: string
  readonly models: string
  readonly memoryMb: number
}

export interface RunResult {
  readonly outcome: RetrainOutcome
  readonly seconds: number
  readonly cpuSeconds: number
  /** Of these, until the rows were read. */
  readonly readCpuSeconds: number
  /** The largest resident memory of the process until the rows were read, and at the end. */
  readonly readPeakMb: number
  readonly peakMb: number
  readonly counts: StoreCounts
  readonly phases: readonly Phase[]
}

const request = JSON.parse(process.argv[2]) as RunRequest
const store = folderStore(request.archive)
const queryFile = new URL('../../functions/retrain/training-set.sql', import.meta.url).pathname
const clockMs = () => performance.now()
let reports: readonly Phase[] = []

/** The bucket of models: alone in it, so a condition always holds. */
function modelStore(folder: string): ObjectStore {
  mkdirSync(folder, { recursive: true })
  const { get, list, put } = folderStore(folder)
  return {
    get,
    list,
    async put(key, body) {
      if (key.endsWith('report.json')) reports = JSON.parse(Buffer.from(body).toString()).phases
      await put(key, body)
    },
    async putIf(key, body) {
      await put(key, body)
      return true
    },
  }
}

const peakMb = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1_024
const startedMs = clockMs()
const cpuBefore = process.cpuUsage()
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage(cpuBefore)
  return (user + system) / 1e6
}
const readRows = makeReadRows({
  pipeline,
  store,
  withDatabase: withDuckdb,
  readQuery: () => readText(queryFile),
  limit: toRowLimit(pipeline, request.memoryMb),
  clockMs,
})
let readCpuSeconds = 0
let readPeakMb = 0
const outcome = await makeRetrain({
  pipeline,
  async readRows() {
    const rows = await readRows()
    readCpuSeconds = cpuSeconds()
    readPeakMb = peakMb()
    return rows
  },
  models: modelStore(path.resolve(request.models)),
  load: loadOnnx,
  nowMs: Date.now,
  clockMs,
  residentBytes: () => process.memoryUsage.rss(),
})()
const result: RunResult = {
  outcome,
  seconds: (clockMs() - startedMs) / 1_000,
  cpuSeconds: cpuSeconds(),
  readCpuSeconds,
  readPeakMb,
  peakMb: peakMb(),
  counts: store.counts,
  phases: reports,
}
writeFileSync(1, JSON.stringify(result))
