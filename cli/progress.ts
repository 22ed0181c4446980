import type { PublishCounts } from './publish-rows.ts'

/** Where progress is shown: a terminal redraws its line, anything else gets lines. */
export interface ProgressStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface Progress {
  show(counts: PublishCounts, readRatio: number): void
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
    show(counts, readRatio) {
      if (now() - shownMs < waitMs) return
      shownMs = now()
      stream.write(`${startOfLine}${toProgressLine(counts, readRatio)}${endOfLine}`)
    },
    clear() {
      if (stream.isTTY) stream.write(clearLine)
    },
  }
}

/** @example toProgressLine({ published: 1200, failed: 0, bytes: 9e4, seconds: 2 }, 0.5) // '[############            ]  50 %  1,200 records  600/s' */
export function toProgressLine({ published, seconds }: PublishCounts, readRatio: number): string {
  const ratio = Math.min(1, readRatio)
  const bar = '#'.repeat(Math.round(ratio * barWidth)).padEnd(barWidth)
  const percent = String(Math.floor(ratio * 100)).padStart(3)
  return `[${bar}] ${percent} %  ${toRecordCount(published)}  ${toRate(published, seconds).toLocaleString('en')}/s`
}

/** @example toRecordCount(1200) // '1,200 records' */
export function toRecordCount(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'record' : 'records'}`
}

/** Whole records a second. */
export function toRate(count: number, seconds: number): number {
  return seconds > 0 ? Math.round(count / seconds) : 0
}
