import { dynamoLimits } from '../../dynamo-limits.ts'
import type { Phase } from './measure.ts'
import type { Look } from './read-steps.ts'

/** What a step did with one of its topics, or in one run, against what it may. */
export interface Row {
  readonly step: string
  readonly of: string
  readonly memoryMb: number
  readonly timeoutSec: number
  readonly diskLimitMb: number
  /** Less than its limits, where an issue asks for it. */
  readonly aim?: { readonly seconds: number; readonly memoryMb: number }
  readonly peakMb: number
  readonly diskMb: number
  readonly phases: Readonly<Record<string, Phase>>
  /** Of an hour of the stream: calls of AWS, objects written, seconds that its functions run. */
  readonly anHour: { readonly calls: number; readonly objects: number; readonly busySec: number }
}

/** Functions of a topic that run side by side: its partitions. */
const sideBySide = 6
/** Requests a second that S3 takes under one prefix, the writes of them, and the units of one table by default. */
const callsASecond = { s3: 3_500, dynamo: 40_000 }

/** What of a row is over a limit, in a line each. */
export function faultsOf(row: Row): string[] {
  const { step, memoryMb, timeoutSec, aim, diskLimitMb, peakMb, diskMb, phases, anHour } = row
  const faults: string[] = []
  const check = (isOver: boolean, line: string) => {
    if (isOver) faults.push(`${step}: ${line}`)
  }
  check(peakMb > memoryMb, `memory ${Math.round(peakMb)} MB, at most ${memoryMb}`)
  const seconds = Math.max(...Object.values(phases).map(({ secondsAtMost }) => secondsAtMost))
  if (aim) {
    check(peakMb > aim.memoryMb, `memory ${Math.round(peakMb)} MB, the aim is ${aim.memoryMb}`)
    check(seconds > aim.seconds, `${seconds.toFixed(1)} s, the aim is ${aim.seconds}`)
  }
  check(diskMb > diskLimitMb, `/tmp ${Math.round(diskMb)} MB, at most ${diskLimitMb}`)
  check(anHour.busySec > 3_600 * sideBySide, `${Math.round(anHour.busySec)} s of functions in an hour, at most ${3_600 * sideBySide}`)
  for (const [phase, { secondsAtMost, failed, errors, usage }] of Object.entries(phases)) {
    check(secondsAtMost > timeoutSec, `${phase}: ${secondsAtMost.toFixed(1)} s, at most ${timeoutSec}`)
    check(failed > 0, `${phase}: ${failed} failed`)
    check(usage.largestItemBytes > dynamoLimits.itemBytes, `${phase}: an item of ${usage.largestItemBytes} bytes`)
    check(usage.callsASecondAtMost.s3 > callsASecond.s3, `${phase}: ${usage.callsASecondAtMost.s3} calls of S3 in a second`)
    check(
      usage.callsASecondAtMost.dynamo > callsASecond.dynamo,
      `${phase}: ${usage.callsASecondAtMost.dynamo} calls of DynamoDB in a second`,
    )
    for (const line of [...errors, ...usage.refused]) check(true, `${phase}: ${line.slice(0, 400)}`)
  }
  return faults
}

/** What of a look is over its limit. */
export function lookFaultsOf({ of, calls, callsAtMost }: Look): string[] {
  return calls > callsAtMost ? [`${of}: ${calls} calls, at most ${callsAtMost}`] : []
}

/** The rows of a world as lines of a table. */
export function toTable(rows: readonly Row[]): string[] {
  const head = ['step', 'seconds', 'memory MB', '/tmp MB', 'calls/h', 'objects/h', 'largest item kB', 'what']
  const body = rows.map(row => [
    row.step,
    `${Object.entries(row.phases)
      .map(([name, { secondsAtMost }]) => `${name} ${secondsAtMost.toFixed(secondsAtMost < 10 ? 2 : 0)}`)
      .join(' ')} of ${row.timeoutSec}`,
    `${Math.round(row.peakMb)} of ${row.memoryMb}`,
    `${Math.round(row.diskMb)} of ${row.diskLimitMb}`,
    String(Math.round(row.anHour.calls)),
    String(Math.round(row.anHour.objects)),
    (Math.max(...Object.values(row.phases).map(({ usage }) => usage.largestItemBytes)) / 1_024).toFixed(1),
    row.of,
  ])
  const widths = head.map((name, column) => Math.max(name.length, ...body.map(cells => cells[column].length)))
  return [head, ...body].map(cells =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
}
