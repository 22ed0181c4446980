import { scheduledSteps } from '../../../cdk/steps.ts'
import { measureFunction, type Phase } from './measure.ts'
import type { Row } from './report.ts'
import type { World } from './world.ts'

const event = '{}'

/** Runs each step that a clock triggers: compact at the quarter of an hour in which one ends, retrain on what has come since its last run, watch. */
export async function runScheduledSteps(world: World): Promise<Row[]> {
  const rows: Row[] = []
  for (const step of scheduledSteps) {
    const { phases, peakMb, diskMb } = await measureFunction(world.cloud, world.measured(step), async invoke => ({ run: await invoke([event]) }))
    const run: Phase = phases.run
    rows.push({
      step: step.name,
      of: tell(run.answer),
      memoryMb: step.memoryMb,
      timeoutSec: step.timeoutSec,
      diskLimitMb: step.diskMb ?? 512,
      peakMb,
      diskMb,
      phases: { run },
      anHour: { calls: sumOf(run), objects: run.usage.objectsWritten, busySec: run.secondsAtMost },
    })
  }
  return rows
}

const sumOf = ({ usage }: Phase) => Object.values(usage.calls).reduce((sum, count) => sum + count, 0)

/** The counts of an outcome that say how much was done. */
function tell(answer: unknown): string {
  const wanted = ['closedHours', 'cleanedHours', 'removedObjects', 'readObjects', 'writtenRows', 'failedHours', 'trained', 'reason', 'rows', 'sampledRatio', 'promoted', 'verdict']
  return Object.entries((answer ?? {}) as Readonly<Record<string, unknown>>)
    .filter(([name, value]) => wanted.includes(name) && value !== 0)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : String(value).slice(0, 60)}`)
    .join(', ')
}
