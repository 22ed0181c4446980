import { readFileSync } from 'node:fs'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { makeWindowState, type WindowStateOptions } from '#functions/state/window-state.ts'
import { buildState } from './build.ts'
import { batchSize, makeBatch, pipeline } from './cards.ts'
import { sqliteState, type Usage } from './sqlite-state.ts'

/** What one process is to do, as JSON in its first argument; it prints what it measured as JSON. */
interface Request {
  readonly what: 'build' | 'cold' | 'upkeep'
  readonly file: string
  readonly keyCount: number
  readonly tailBatches: number
  readonly firstBatch: number
  readonly batches: number
}

const { what, file, keyCount, tailBatches, firstBatch, batches }: Request = JSON.parse(process.argv[2])
const { store, takeUsage } = sqliteState(file)
const never = { tailBytes: Number.POSITIVE_INFINITY, snapshotEvery: Number.POSITIVE_INFINITY }
const openStep = (options: Partial<WindowStateOptions>) =>
  makePreprocess({
    pipeline,
    send: async () => {},
    state: makeWindowState({ plan: pipeline.windows!, store, nowMs: Date.now, ...options }),
  })

/** Peak memory of this process. */
const peakMb = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1_024

async function measure(step: ReturnType<typeof openStep>, batch: number) {
  const records = makeBatch(keyCount, batch)
  takeUsage()
  const startedMs = performance.now()
  const started = process.cpuUsage()
  await step(records)
  const { user, system } = process.cpuUsage(started)
  return { wallSec: (performance.now() - startedMs) / 1_000, cpuSec: (user + system) / 1e6, ...takeUsage() }
}

type Measured = Awaited<ReturnType<typeof measure>>

function meanOf(rows: readonly Measured[]) {
  const mean = (name: keyof Measured) => rows.reduce((sum, row) => sum + row[name], 0) / rows.length
  const usage = Object.fromEntries((['calls', 'readUnits', 'writeUnits', 'bytesRead'] as const).map(name => [name, Math.round(mean(name))]))
  return { cpuUsPerRecord: (mean('cpuSec') * 1e6) / batchSize, ...(usage as unknown as Usage) }
}

const work: Readonly<Record<Request['what'], () => Promise<object>>> = {
  build: () => buildState(store, { keyCount, pageBytes: 8_192, slicePages: 256, tailBatches }),
  /** The first batch of a function, and those that follow while no snapshot is due. */
  async cold() {
    const step = openStep(never)
    const cold = await measure(step, firstBatch)
    const coldPeakMb = peakMb()
    const warm: Measured[] = []
    for (let at = 1; at <= batches; at++) warm.push(await measure(step, firstBatch + at))
    return { cold: { ...cold, peakMb: coldPeakMb }, warm: meanOf(warm), peakMb: peakMb() }
  },
  /** The same with snapshots: until all pages hold what had come before the first batch. */
  async upkeep() {
    const step = openStep({})
    const first = await measure(step, firstBatch)
    const rows: Measured[] = []
    for (let at = 1; at <= batches; at++) rows.push(await measure(step, firstBatch + at))
    return { first, mean: meanOf(rows), slowestSec: Math.max(...rows.map(({ cpuSec }) => cpuSec)), peakMb: peakMb() }
  },
}

console.log(JSON.stringify(await work[what]()))
