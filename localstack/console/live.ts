import { createLogUpdate } from 'log-update'
import { type Moment, toLine, toScreen } from './screen.ts'

/** Shows the run while it goes on: a screen drawn over itself on a terminal, else a plain line now and then. */
export interface Live {
  /** A line that stays. */
  note(line: string): void
  stop(): void
}

const screenEveryMs = 500
const lineEveryMs = 5_000

/** Starts showing what `read` gives; a moment that cannot be read is left out. */
export function startLive(read: () => Promise<Moment>, output: NodeJS.WriteStream = process.stdout): Live {
  const isScreen = output.isTTY === true
  const screen = createLogUpdate(output, { showCursor: true })
  let isReading = false
  const show = async () => {
    if (isReading) return
    isReading = true
    try {
      const moment = await read()
      if (isScreen) screen(toScreen(moment, output.columns ?? 80))
      else output.write(`${toLine(moment)}\n`)
    } catch {
      // the next look shows it again
    } finally {
      isReading = false
    }
  }
  const timer = setInterval(show, isScreen ? screenEveryMs : lineEveryMs)
  return {
    note(line) {
      if (isScreen) screen.clear()
      output.write(`${line}\n`)
    },
    stop() {
      clearInterval(timer)
      if (isScreen) screen.done()
    },
  }
}
