// Run in a fresh process by cold-start.ts: loads a function's bundle and, where an event is given, hands it that; prints what each took.
const startedMs = performance.now() // since the process began
const cpuMs = () => process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000
const startedCpuMs = cpuMs()
const [bundle, eventFile] = process.argv.slice(2)
const { readFileSync, writeSync } = require('node:fs')

async function run() {
  const { handler } = require(bundle)
  const loaded = { nodeMs: startedMs, loadMs: performance.now() - startedMs, loadCpuMs: cpuMs() - startedCpuMs }
  if (eventFile === undefined) return loaded
  const answer = await handler(JSON.parse(readFileSync(eventFile, 'utf8')))
  if (answer.batchItemFailures.length > 0) throw new Error('the record was not scored')
  return { ...loaded, scoredMs: performance.now() - startedMs, scoredCpuMs: cpuMs() - startedCpuMs }
}

run().then(
  figures => {
    writeSync(3, JSON.stringify(figures)) // the function's own log lines go to 1
    process.exit(0)
  },
  error => {
    console.error(error)
    process.exit(1)
  },
)
