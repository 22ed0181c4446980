import type { WaitingLabel, WaitingTable } from '#functions/ports.ts'

/** A table of waiting labels in memory, with its conditions, and how often each way in was taken. */
export function memoryWaiting(onCall: (name: keyof WaitingTable) => void = () => {}): WaitingTable & { labels(): WaitingLabel[] } {
  const labels = new Map<string, WaitingLabel>()
  const refused = new Map<string, string>()
  return {
    labels: () => [...labels.values()],
    async park(given) {
      onCall('park')
      return given.filter(({ replaces, ...label }) => {
        const there = labels.get(label.id)?.rank
        if (there !== undefined && there !== label.rank && there !== replaces) return true
        const { id, record, rank, dueAtMs } = label
        labels.set(id, { id, record, rank, dueAtMs })
        return false
      })
    },
    async read(ids) {
      onCall('read')
      return ids.flatMap(id => labels.get(id) ?? [])
    },
    async readDue(partition, nowMs, limit) {
      onCall('readDue')
      const isDue = ({ record, dueAtMs }: WaitingLabel) => `${record.topic}-${record.partition}` === partition && dueAtMs <= nowMs
      return [...labels.values()].filter(isDue).slice(0, limit)
    },
    async remove(given) {
      onCall('remove')
      for (const { id, rank } of given) if (labels.get(id)?.rank === rank) labels.delete(id)
    },
    async refuse(events) {
      onCall('refuse')
      for (const { id, code } of events) refused.set(id, code)
    },
    async readRefused(ids) {
      onCall('readRefused')
      return new Map(ids.flatMap(id => (refused.has(id) ? [[id, refused.get(id)!] as const] : [])))
    },
  }
}
