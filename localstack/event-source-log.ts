import { appendFileSync } from 'node:fs'
import path from 'node:path'
import type { Report } from './event-source/status.ts'
import { logsFolder } from './folders.mjs'

/** Adds a line of the event source to its log. */
export function logReport({ level, functionName, message }: Report): void {
  appendFileSync(path.join(logsFolder, 'event-source.log'), `${new Date().toISOString()} ${level} ${functionName} ${message}\n`)
}
