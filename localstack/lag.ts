import type { Admin } from 'kafkajs'
import { type GroupTopic, readLag } from '#functions/adapters/kafka-lag.ts'

/** The consumer groups behind a deployment's mappings; `hot` are those that a replay must not run ahead of. */
export function toGroups(mappings: readonly { readonly groupId: string; readonly topic: string }[]) {
  const groups: GroupTopic[] = mappings.map(({ groupId, topic }) => ({ group: groupId, topic }))
  return { groups, hot: groups.filter(({ group, topic }) => /\.(preprocess|infer|deliver)\./.test(group) && !topic.endsWith('.rejected')) }
}

/** How far the group that is furthest behind is behind, in records. */
export async function readLargestLag(admin: Admin, groups: readonly GroupTopic[]): Promise<number> {
  return Math.max(0, ...(await readLag(admin, groups)).map(({ lag }) => lag))
}
