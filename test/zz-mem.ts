import { InferenceSession, Tensor } from 'onnxruntime-node'
import { readFileSync } from 'node:fs'
import { trainGbdt } from '#models/gbdt/train.ts'
import { trainLogistic } from '#models/linear/logistic.ts'
import { parseLogisticSettings } from '#models/linear/settings.ts'
import { makeSet } from './models/gbdt/sets.ts'

const [kind, opts] = process.argv.slice(2)
const options = JSON.parse(opts ?? '{}')
const set = makeSet(5000, { numberCount: 6, categoryCounts: [224, 224] })
const model = kind === 'gbdt' ? await trainGbdt(set, { settings: { roundCount: 100, leafCount: 63 } }) : trainLogistic(set, parseLogisticSettings({}))
const onnx = model.toOnnx({})
const anon = () => { const s = readFileSync('/proc/self/status', 'utf8'); return Number(/RssAnon:\s+(\d+)/.exec(s)![1]) / 1024 }
const rss = () => { for (let i = 0; i < 3; i++) globalThis.gc!(); return anon() }
const out: string[] = []
const t0 = process.cpuUsage()
for (let i = 0; i <= 200; i++) {
  const s = await InferenceSession.create(onnx, { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', graphOptimizationLevel: 'all', ...options })
  const block = set.block
  await s.run({ features: new Tensor('float32', block.values, [block.rowCount, block.featureCount]) })
  await s.release()
  if (i % 25 === 0) out.push(rss().toFixed(1))
}
const c = process.cpuUsage(t0)
console.log(kind, opts, 'bytes', onnx.length, out.join(' '), 'cpu s', ((c.user+c.system)/1e6).toFixed(1))
