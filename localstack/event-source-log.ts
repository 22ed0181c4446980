import { appendFileSync } from 'node:fs'
import path from 'node:path'
import type { Report } from './event-source/status.ts'
import { logsFolder } from './folders.mjs'

/** One line on the screen for each function in this time; the log has the others. */
const quietMs = 5_000

const toLine = ({ level, functionName, message }: Report) => `${level} ${functionName} ${message}`

/** Adds a line of the event source to its log. */
export function logReport(report: Report): void {
  appendFileSync(path.join(logsFolder, 'event-source.log'), `${new Date().toISOString()} ${toLine(report)}\n`)
}

/**
 * Makes what shows the errors of the event source, so that none goes by in silence: the first of a function, and then, at most every
 * five seconds, the latest and how many came in between.
 *
 * @example const show = makeErrorScreen(line => console.error(line))
 */
export function makeErrorScreen(print: (line: string) => void, nowMs: () => number = Date.now): (report: Report) => void {
  const shown = new Map<string, { atMs: number; skipped: number }>()
  return report => {
    if (report.level !== 'error') return
    const last = shown.get(report.functionName)
    if (last && nowMs() - last.atMs < quietMs) {
      last.skipped++
      return
    }
    const between = last?.skipped ? ` (${last.skipped} more before it, in event-source.log)` : ''
    print(`event source: ${toLine(report)}${between}`)
    shown.set(report.functionName, { atMs: nowMs(), skipped: 0 })
  }
}
