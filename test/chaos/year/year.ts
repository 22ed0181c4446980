import { kafkaSteps, scheduledSteps } from '../../../cdk/steps.ts'
import type { ChaosOptions, ChaosOutcome, Scenario } from '../scenario.ts'
import { type Ground, openGround } from './ground.ts'
import { runKafkaStep } from './kafka-steps.ts'
import { type Look, runLooks } from './read-steps.ts'
import { faultsOf, lookFaultsOf, type Row, toTable } from './report.ts'
import { runScheduledStep } from './scheduled-steps.ts'
import { openWorld, type WorldPlan } from './world.ts'

/** What a span left, and each step on top of it. */
export interface WorldReport extends WorldPlan {
  readonly left: readonly string[]
  readonly rows: readonly Row[]
  readonly looks: readonly Look[]
  readonly faults: readonly string[]
}

/** A year at each rate; the state's keys grow with it up to a million. */
const years: readonly WorldPlan[] = [
  { rate: 5, days: 365, keyCount: 100_000, tailBatches: 80, batchesAtMost: 24, realHours: 1, isPrepared: true },
  { rate: 50, days: 365, keyCount: 1_000_000, tailBatches: 80, batchesAtMost: 24, realHours: 1, isPrepared: true },
  { rate: 500, days: 365, keyCount: 1_000_000, tailBatches: 80, batchesAtMost: 24, realHours: 1, isPrepared: true },
]
const dayOneOf = (plan: WorldPlan): WorldPlan => ({
  ...plan,
  days: 1,
  keyCount: Math.ceil(plan.keyCount / 10),
  tailBatches: 5,
  realHours: 1,
})

export const year: Scenario = {
  about: 'What a year at 5, 50 and 500 events a second leaves, and each step on an hour more of it, within the limits of Lambda and AWS.',
  async run({ say, signal }: ChaosOptions): Promise<ChaosOutcome> {
    const plans = years.flatMap(plan => [dayOneOf(plan), plan])
    const worlds = await runWorlds(plans, say, { signal })
    return { held: worlds.every(({ faults }) => faults.length === 0), report: { worlds } }
  },
}

/** In the order of the data; retrain last, since the model that it makes takes the place of the one on trial, which watch is to judge. */
const stepsInOrder = [...kafkaSteps, ...scheduledSteps].toSorted((a, b) => Number(a.name === 'retrain') - Number(b.name === 'retrain'))

/** A week at the lowest rate: what `npm test` has time for. */
export const week: WorldPlan = { rate: 5, days: 7, keyCount: 10_000, tailBatches: 5, batchesAtMost: 4, realHours: 1, isPrepared: false }

/** Runs the steps in each world, one after the other. */
export async function runWorlds(
  plans: readonly WorldPlan[],
  say: (line: string) => void,
  { signal, leftOut = [] }: { readonly signal?: AbortSignal; readonly leftOut?: readonly string[] } = {},
): Promise<WorldReport[]> {
  const ground = await openGround()
  const reports: WorldReport[] = []
  try {
    for (const plan of plans) {
      signal?.throwIfAborted()
      reports.push(await runWorld(ground, plan, say, leftOut))
    }
    return reports
  } finally {
    await ground.close()
  }
}

async function runWorld(ground: Ground, plan: WorldPlan, say: (line: string) => void, leftOut: readonly string[]): Promise<WorldReport> {
  say(`${plan.days} days at ${plan.rate} events a second`)
  const world = await openWorld(ground, plan, say)
  try {
    for (const line of world.left) say(`  ${line}`)
    const rows: Row[] = []
    for (const step of stepsInOrder.filter(({ name }) => !leftOut.includes(name))) {
      const own = 'reads' in step ? await runKafkaStep(world, step) : [await runScheduledStep(world, step)]
      rows.push(...own)
      say(`  ${step.name}: ${own.flatMap(faultsOf).length === 0 ? 'within its limits' : 'over'}`)
    }
    const looks = await runLooks(world)
    const faults = [...rows.flatMap(faultsOf), ...looks.flatMap(lookFaultsOf)]
    for (const line of toTable(rows)) say(line)
    for (const { of, calls, callsAtMost, seconds } of looks) say(`${of}: ${calls} calls of ${callsAtMost}, ${seconds.toFixed(2)} s`)
    for (const line of faults) say(`  over: ${line}`)
    return { ...plan, left: world.left, rows, looks, faults }
  } finally {
    await world.close()
  }
}
