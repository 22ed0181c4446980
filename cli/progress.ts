/** Where progress is shown: a terminal redraws its line, anything else gets lines. */
export interface ProgressStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface Progress {
  /** Shows the part that is done, 0 to 1, and what is said of it, if it is time to. */
  show(doneRatio: number, describe: () => string): void
  /** Leaves the terminal's line empty. */
  clear(): void
}

const barWidth = 24
const clearLine = '\r\u001b[K'
const redrawMs = 100
const lineMs = 5_000

/** A bar on a terminal, a line every five seconds elsewhere. */
export function makeProgress(stream: ProgressStream, now: () => number = () => performance.now()): Progress {
  const [startOfLine, endOfLine, waitMs] = stream.isTTY ? [clearLine, '', redrawMs] : ['', '\n', lineMs]
  let shownMs = stream.isTTY ? Number.NEGATIVE_INFINITY : now()
  return {
    show(doneRatio, describe) {
      if (now() - shownMs < waitMs) return
      shownMs = now()
      stream.write(`${startOfLine}${toProgressLine(doneRatio, describe())}${endOfLine}`)
    },
    clear() {
      if (stream.isTTY) stream.write(clearLine)
    },
  }
}

/** @example toProgressLine(0.5, '1,200 records  600/s') // '[############            ]  50 %  1,200 records  600/s' */
export function toProgressLine(doneRatio: number, text: string): string {
  const ratio = Math.min(1, doneRatio)
  const bar = '#'.repeat(Math.round(ratio * barWidth)).padEnd(barWidth)
  const percent = String(Math.floor(ratio * 100)).padStart(3)
  return `[${bar}] ${percent} %  ${text}`
}

/** @example toCount(1200, 'row') // '1,200 rows' */
export function toCount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** @example toRecordCount(1200) // '1,200 records' */
export const toRecordCount = (count: number) => toCount(count, 'record')

/** @example toRateText(1200, 2) // '1,200 records  600/s' */
export function toRateText(count: number, seconds: number): string {
  return `${toRecordCount(count)}  ${toRate(count, seconds).toLocaleString('en')}/s`
}

/** Whole records a second. */
export function toRate(count: number, seconds: number): number {
  return seconds > 0 ? Math.round(count / seconds) : 0
}
