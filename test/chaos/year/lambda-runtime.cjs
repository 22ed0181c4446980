// Stands in for Lambda's runtime in a process of its own: loads a bundle's handler, hands it one payload after the other, tells what each took.
const { readdirSync, readFileSync } = require('node:fs')

const cpuMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1_000
const peakMb = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1_024
/** How long the threads that are there now stood ready while no core was free, all together. */
const queuedMs = () => readdirSync('/proc/self/task').reduce((sum, thread) => sum + queuedMsOf(thread), 0)
const queuedMsOf = thread => {
  try {
    return Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0 // it has ended
  }
}
let handler

process.on('message', async payload => {
  const isFirst = handler === undefined // its invocation began with the process
  const [startedMs, startedCpuMs, startedQueuedMs] = isFirst ? [0, 0, 0] : [performance.now(), cpuMs(), queuedMs()]
  const tell = outcome => {
    const took = { wallMs: performance.now() - startedMs, cpuMs: cpuMs() - startedCpuMs, queuedMs: queuedMs() - startedQueuedMs }
    process.send({ failed: 0, ...outcome, ...took, peakMb: peakMb() })
  }
  try {
    handler ??= require(process.argv[2]).handler
    const answer = await handler(JSON.parse(payload))
    tell({ answer, failed: answer?.batchItemFailures?.length ?? 0 })
  } catch (error) {
    tell({ error: error.stack })
  }
})
process.on('disconnect', () => process.exit(0))
