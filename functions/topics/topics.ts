import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import type { TopicAdmin, TopicPlan } from '../ports.ts'

const topicPlan = z.object({
  name: z.string().regex(/^[\w.-]{1,249}$/),
  partitionCount: z.int().min(1),
  replicaCount: z.int().min(-1),
  configs: z.record(z.string(), z.string()),
})

/** The names of topics by what was done to them. */
export interface TopicChanges {
  readonly created: readonly string[]
  readonly grown: readonly string[]
  readonly configured: readonly string[]
  /** Have more partitions than wanted, and keep them. */
  readonly larger: readonly string[]
}

/**
 * Creates topics that are missing, adds partitions that are missing, and sets what differs; never takes anything away.
 *
 * Settings of a topic that the plan does not name stay. Doing it twice changes nothing the second time.
 *
 * @throws MillraceError ARGUMENT_INVALID for what are no plans
 * @example await makeTopics(admin, [{ name: 'flights.events', partitionCount: 6, replicaCount: 3, configs: {} }])
 */
export async function makeTopics(admin: TopicAdmin, wanted: unknown): Promise<TopicChanges> {
  const plans = parsePlans(wanted)
  const present = await admin.read(plans.map(({ name }) => name))
  const missing = plans.filter(({ name }) => !present.has(name))
  const changes = { created: missing.map(({ name }) => name), grown: [] as string[], configured: [] as string[], larger: [] as string[] }
  if (missing.length > 0) await admin.create(missing)
  for (const { name, partitionCount, configs } of plans) {
    const topic = present.get(name)
    if (!topic) continue
    if (topic.partitionCount < partitionCount) {
      await admin.addPartitions(name, partitionCount)
      changes.grown.push(name)
    }
    if (topic.partitionCount > partitionCount) changes.larger.push(name)
    if (Object.entries(configs).some(([key, value]) => topic.configs[key] !== value)) {
      await admin.configure(name, { ...topic.configs, ...configs })
      changes.configured.push(name)
    }
  }
  return changes
}

function parsePlans(wanted: unknown): TopicPlan[] {
  const parsed = z.array(topicPlan).safeParse(wanted)
  if (parsed.success) return parsed.data
  const [{ path, message }] = parsed.error.issues
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `topics must be plans of the stack; ${path.join('.')}: ${message}; change it in cdk/topics.ts`,
  )
}
