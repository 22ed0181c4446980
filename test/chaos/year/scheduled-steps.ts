import type { CompactOutcome } from '#functions/compact/compact.ts'
import type { ScheduledStepRow } from '../../../cdk/steps.ts'
import { measureFunction, type Phase } from './measure.ts'
import type { Row } from './report.ts'
import type { World } from './world.ts'

const event = '{}'

/** What retrain is to keep after a year at five labels a second, below what Lambda allows. */
const retrainAim = { rate: 5, seconds: 60, memoryMb: 1_500 }

/** Runs a step that a clock triggers: compact at the quarter of an hour in which one ends, retrain on what has come since its last run, watch. */
export async function runScheduledStep(world: World, step: ScheduledStepRow): Promise<Row> {
  const { phases, ...most } = await measureFunction(world.cloud, world.measured(step), invoke => invoke([event]))
  const run = { ...phases, failed: phases.failed + failedIn(phases.answer) }
  return {
    step: step.name,
    of: tell(run.answer),
    ...(step.name === 'retrain' && world.rate === retrainAim.rate && { aim: retrainAim }),
    memoryMb: step.memoryMb,
    timeoutSec: step.timeoutSec,
    diskLimitMb: step.diskMb ?? 512,
    ...most,
    phases: { run },
    anHour: { calls: sumOf(run), objects: run.usage.objectsWritten, busySec: run.secondsAtMost },
  }
}

const sumOf = ({ usage }: Phase) => Object.values(usage.calls).reduce((sum, count) => sum + count, 0)

/** What a step that goes on beside a failure says it could not do. */
export function failedIn(answer: unknown): number {
  const { failedHours = 0, missingObjects = 0, refusedObjects = 0 } = (answer ?? {}) as Partial<CompactOutcome>
  return failedHours + missingObjects + refusedObjects
}

/** The counts of an outcome that say how much was done. */
function tell(answer: unknown): string {
  const { sampledRatio = 1 } = (answer ?? {}) as { readonly sampledRatio?: number }
  return `${tellCounts(answer)}${sampledRatio < 1 ? "; for all of its rows, retrain.engine: 'spark'" : ''}`
}

function tellCounts(answer: unknown): string {
  const wanted = [
    'closedHours',
    'cleanedHours',
    'removedObjects',
    'readObjects',
    'writtenRows',
    'failedHours',
    'trained',
    'reason',
    'rows',
    'sampledRatio',
    'promoted',
    'verdict',
  ]
  return Object.entries((answer ?? {}) as Readonly<Record<string, unknown>>)
    .filter(([name, value]) => wanted.includes(name) && value !== 0)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : String(value).slice(0, 60)}`)
    .join(', ')
}
