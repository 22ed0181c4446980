import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { benchColdStart } from './cold-start.ts'
import { benchCompression } from './compression.ts'
import { benchCosts } from './costs.ts'
import { benchCounters } from './counters.ts'
import { benchInfer } from './infer.ts'
import { benchLayer } from './layer.ts'
import { benchLoop } from './loop.ts'
import { benchPreprocess } from './preprocess.ts'
import { benchRetrain } from './retrain.ts'
import { benchScorers } from './scorers.ts'
import { benchStateLayouts } from './state-layouts.ts'
import { benchStateScale } from './state-scale.ts'
import { benchStream } from './stream.ts'
import { benchTrainer } from './trainer.ts'
import { benchTrainingSet } from './training-set.ts'
import { benchWindows } from './windows.ts'

interface BenchOptions {
  /** Runs of the trainer's bench, or streams of the stream's, to make; all if absent. */
  readonly only: readonly string[] | undefined
  /** The stream's bench on few rows with few peers. */
  readonly isQuick: boolean
  /** What the stream's bench has measured so far, and nothing else. */
  readonly isMeasured: boolean
}

/** Every bench by name: runs it and gives its figures. */
const benches: Readonly<Record<string, (options: BenchOptions) => Promise<object>>> = {
  'cold-start': benchColdStart,
  costs: benchCosts,
  counters: benchCounters,
  compression: benchCompression,
  infer: benchInfer,
  layer: benchLayer,
  loop: benchLoop,
  preprocess: benchPreprocess,
  retrain: benchRetrain,
  scorers: benchScorers,
  'state-layouts': benchStateLayouts,
  'state-scale': benchStateScale,
  stream: benchStream,
  trainer: async ({ only }) => (only ? benchTrainer(only) : { ...(await benchTrainer()), retrain: await benchRetrain() }),
  'training-set': benchTrainingSet,
  windows: benchWindows,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    measured: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(benches).filter(name => name !== 'stream') // which takes hours
const unknown = names.filter(name => !Object.hasOwn(benches, name))
if (values.help || unknown.length > 0) {
  const usage = `npm run bench -- [${Object.keys(benches).join(' | ')} …] [--only RUN of trainer, or STREAM of stream …] [--quick | --measured, of stream] [--json FILE]`
  if (unknown.length > 0) console.error(`there is no bench ${unknown.join(', ')}; usage: ${usage}`)
  else console.log(usage)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const results: Record<string, object> = {}
for (const name of names) {
  console.error(`bench ${name} …`)
  results[name] = await benches[name]({ only: values.only, isQuick: values.quick, isMeasured: values.measured })
  console.log(name, results[name])
}
if (values.json) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`)
