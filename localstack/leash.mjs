// Ends what a run started when the run itself is gone, however it went: even SIGKILL closes the pipe to this process.
// Each line on standard input is the whole state: { "groups": [process group ids], "folders": [to remove] }.
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const graceMs = 10_000 // docker compose wants its time to stop a container; Kafka and MiniStack end in half a second
let state = { groups: [], folders: [] }

for await (const line of createInterface({ input: process.stdin })) state = JSON.parse(line)

const deadlineMs = Date.now() + graceMs
let living = state.groups.filter(group => signal(group, 'SIGTERM'))
while (living.length > 0 && Date.now() < deadlineMs) {
  await sleep(50)
  living = living.filter(group => signal(group, 0))
}
for (const group of living) signal(group, 'SIGKILL')
for (const folder of state.folders) rmSync(folder, { recursive: true, force: true })

function signal(group, name) {
  try {
    return process.kill(-group, name)
  } catch {
    return false
  }
}
