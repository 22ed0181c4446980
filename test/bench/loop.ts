import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Summary } from '../../localstack/console/summary.ts'

const rows = 200_000

/** The whole local loop: 200,000 flights and their labels through every step, as `npm start` runs it; start-up is counted apart. */
export async function benchLoop() {
  const file = path.join(tmpdir(), `millrace-loop-${process.pid}.json`)
  const args = ['--disable-warning=TimeoutNegativeWarning', 'localstack/start.ts', '--rows', String(rows), '--exit', '--json', file]
  const exitCode = await new Promise(resolve => {
    spawn(process.execPath, args, { stdio: ['ignore', 2, 2] }).once('exit', resolve)
  })
  const summary = JSON.parse(await readFile(file, 'utf8')) as Summary
  await rm(file)
  const { eventsPerSecond, seconds, startupSeconds, unaccounted, predictionsRepeated } = summary
  return {
    exitCode,
    rows,
    seconds,
    eventsPerSecond,
    aimEventsPerSecond: 2_000,
    startupSeconds,
    aimStartupSeconds: 25,
    unaccounted,
    predictionsRepeated,
  }
}
