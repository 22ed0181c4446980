import { memoryStore } from '#functions/adapters/memory-store.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { toColumns } from '#functions/archive/columns.ts'
import { hourMs, toHourStart } from '#functions/archived/hours.ts'
import { compactedKey, manifestKey, smallKey, toName } from '#functions/archived/keys.ts'
import { encodeManifest } from '#functions/archived/manifest.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import type { Feedback } from '#functions/records.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeRecord } from '../../checks/step-checks.ts'

/** A feedback record and when it reached Kafka. */
export interface ArchivedFeedback {
  readonly feedback: Feedback
  readonly recordedAtMs: number
}

/** An archive of feedback in memory, as `archive` and `compact` leave it; offsets are the places of the rows. It tells what was read, and can lose or cut objects. */
export function feedbackArchive(pipeline: Pipeline, rows: readonly ArchivedFeedback[]) {
  const topic = `${pipeline.name}.feedback`
  const store = memoryStore()
  const read: string[] = []
  const lost = new Set<string>()
  const records = rows.map(({ feedback, recordedAtMs }, offset) => makeRecord(feedback, { topic, offset, recordedAtMs }))
  const encode = (some: readonly KafkaRecord[]) => encodeParquet(toColumns(pipeline, some))
  const timesOf = (values: readonly number[]) => ({ fromMs: Math.min(...values), toMs: Math.max(...values) })
  return {
    store: {
      ...store,
      async get(key: string) {
        read.push(key)
        return lost.has(key) ? undefined : store.get(key)
      },
      async list(prefix: string) {
        return (await store.list(prefix)).filter(key => !lost.has(key))
      },
    },
    /** Keys that were asked for since the last call. */
    takeRead: () => read.splice(0),
    lose: (key: string) => lost.add(key),
    async cut(key: string) {
      const { body } = (await store.get(key))!
      await store.put(key, body.subarray(0, Math.floor(body.length / 2)))
    },
    prepared: () => store.list('training/'),
    /** Writes the rows from one place up to another as small objects, one an hour. */
    async addSmall(from: number, to: number): Promise<void> {
      for (const [hourStartMs, group] of Map.groupBy(records.slice(from, to), ({ recordedAtMs }) => toHourStart(recordedAtMs))) {
        const place = { hourStartMs, partition: 0, firstOffset: group[0].offset, lastOffset: group[group.length - 1].offset }
        await store.put(smallKey(topic, place), encode(group))
      }
    },
    /** Compacts what is there of an hour; the small objects stay for their grace. */
    async compact(hourStartMs: number, revision: number): Promise<void> {
      const small = (await store.list(`${topic}/`)).filter(key =>
        key.startsWith(smallKey(topic, { hourStartMs, partition: 0, firstOffset: 0, lastOffset: 0 }).slice(0, -11)),
      )
      const names = small.map(toName)
      const offsets = new Set(
        names.flatMap(name => {
          const [, first, last] = name.split(/[-.]/).map(Number)
          return Array.from({ length: last - first + 1 }, (_, at) => first + at)
        }),
      )
      const group = records.filter(({ offset, recordedAtMs }) => offsets.has(offset) && toHourStart(recordedAtMs) === hourStartMs)
      if (group.length === 0) return
      const feedback = group.map(({ offset }) => rows[offset].feedback)
      const key = compactedKey(topic, hourStartMs, { revision, at: 0, claim: 'test' })
      const body = encode(group)
      await store.put(key, body)
      const object = {
        key,
        rowCount: group.length,
        byteCount: body.length,
        recordedMs: timesOf(group.map(({ recordedAtMs }) => recordedAtMs)),
        eventMs: timesOf(feedback.map(({ atMs }) => atMs)),
        labelMs: timesOf(feedback.map(({ labelAtMs }) => labelAtMs)),
        definitions: [...new Set(feedback.map(({ definition }) => definition))],
        offsets: [{ partition: 0, first: group[0].offset, last: group[group.length - 1].offset }],
      }
      const manifest = {
        version: 1,
        topic,
        hourStartMs,
        revision,
        objects: [object],
        inputs: names,
        refused: [],
        closedAtMs: hourStartMs + 2 * hourMs,
      } as const
      await store.put(manifestKey(topic, hourStartMs), encodeManifest({ ...manifest, objects: [object], inputs: names, refused: [] }))
    },
  }
}
