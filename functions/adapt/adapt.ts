import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { leaveOutCounted, makeRoom, parseGuard, readPages, toGuardJson } from '../counters/guard.ts'
import { changeState } from '../layer/change-state.ts'
import { learnAll } from '../layer/learn.ts'
import { toLearnOrder } from '../layer/learn-order.ts'
import { decodeOwn } from '../layer/own-feedback.ts'
import { fits, type LayerState, startState } from '../layer/state.ts'
import { readNewestSnapshot, type StoredState, versionsApart, writeSnapshot } from '../layer/store.ts'
import type { CounterStore, KafkaRecord, ObjectStore, Step } from '../ports.ts'
import type { Feedback, Source } from '../records.ts'
import { withoutZeros } from '../without-zeros.ts'

export interface AdaptPorts {
  readonly pipeline: Pipeline
  readonly store: Pick<ObjectStore, 'get' | 'put' | 'putIf' | 'list'>
  readonly counters: CounterStore
  readonly nowMs: () => number
  /** Told what was found broken or begun anew. */
  readonly report?: (what: { readonly kind: 'broken' | 'restored' | 'started' | 'rewound'; readonly reason: string }) => void
}

/** Versions from one snapshot to the next: their list goes with the state, 40 bytes each. */
const logAtMost = 500
/** How often a batch is learnt anew where another writer was first: one of them always wins, and a poller has at most five batches under way. */
const triesAtMost = 20
/** Where the guard's pages lie in the table of counters, beside the partitions of topics. */
const guardPartition = 'layer'
/** How long the table remembers a page: far longer than a topic keeps what may come again. */
const guardKeptMs = 30 * 86_400_000

/** Feedback, with the place of its label, by which it is known again. */
type Row = Feedback & { readonly source: Source }
/** A record that was not looked at before; undefined where it is nothing to learn. */
interface FreshRecord extends Pick<KafkaRecord, 'partition' | 'offset' | 'recordedAtMs'> {
  readonly row: Row | undefined
}
/** Of the records of a batch, those that were not looked at before, in the order of learning. */
interface Fresh {
  readonly records: readonly FreshRecord[]
  readonly rows: readonly Row[]
  readonly invalid: number
  readonly ofOtherDefinitions: number
}

/**
 * Learns labels: the one writer of the layer's state, which it replaces by compare-and-swap.
 *
 * A record that comes again, in whatever batch, is known by its offset, and a label that stands in the topic twice by its own place; neither
 * changes a bit. What a version has learnt is written beside it, so that it can be made again from the archive.
 *
 * @throws MillraceError STORE_FAILED, retryable, where other writers were first twenty times
 */
export function makeAdapt(ports: AdaptPorts): Step {
  const { pipeline, store } = ports
  const feedbackTopic = topicName(pipeline.name, 'feedback')
  return async records => {
    const own = records.filter(({ topic }) => topic === feedbackTopic)
    let counts = nothing
    const learnOn = async (stored: StoredState): Promise<LayerState | undefined> => {
      counts = { ...nothing, frozen: own.length }
      if (stored.state && stored.state.frozenSinceMs !== null) return undefined
      const learnt = await learn(ports, await pickState(ports, stored), own)
      counts = learnt.counts
      return learnt.state
    }
    await changeState(store, pipeline.name, learnOn, triesAtMost)
    return { counts: { learnt: counts.learnt, ...withoutZeros(counts) } }
  }
}

const nothing = { learnt: 0, repeated: 0, untraced: 0, invalid: 0, ofOtherDefinitions: 0, frozen: 0 }

/** What to learn on: the state that is there, the newest snapshot where it is broken, one that has learnt nothing where it is of another definition. */
async function pickState(ports: AdaptPorts, { state, broken }: StoredState): Promise<LayerState> {
  const { pipeline, store, nowMs, report = () => {} } = ports
  if (broken) report({ kind: 'broken', reason: broken.message })
  const found = state ?? (broken && (await restore(ports)))
  if (found && fits(pipeline, found)) return found
  report({ kind: 'started', reason: found ? `version ${found.version} is of another definition` : 'there was none' })
  if (found) await writeSnapshot(store, pipeline.name, found)
  const started = startState(pipeline, found)
  return broken && !found ? { ...started, version: Math.floor(nowMs() / 1_000) } : started // no earlier version has that name
}

/** The newest snapshot, under a version beyond all that came after it, and at once a snapshot itself: so a second break finds another name. */
async function restore({ pipeline, store, report = () => {} }: AdaptPorts): Promise<LayerState | undefined> {
  const snapshot = await readNewestSnapshot(store, pipeline.name)
  if (!snapshot) return undefined
  const restored = { ...snapshot, version: snapshot.version + versionsApart, origin: snapshot.version, log: [] }
  await writeSnapshot(store, pipeline.name, restored)
  report({ kind: 'restored', reason: `from the snapshot of version ${snapshot.version}` })
  return restored
}

/** The state that has learnt what is new of the records; undefined where nothing is. */
async function learn(ports: AdaptPorts, before: LayerState, all: readonly KafkaRecord[]) {
  const { pipeline, counters, nowMs, report = () => {} } = ports
  const rewound = findRewound(before, all)
  if (rewound.length > 0) report({ kind: 'rewound', reason: `topic feedback was made anew: partitions ${rewound.join(', ')}` })
  const known = rewound.length > 0 ? forget(before, rewound) : before
  const fresh = pickFresh(pipeline, known, all)
  const counts = {
    ...nothing,
    repeated: all.length - fresh.records.length,
    invalid: fresh.invalid,
    ofOtherDefinitions: fresh.ofOtherDefinitions,
  }
  if (fresh.records.length === 0) return { state: undefined, counts }

  const expiresAtSec = Math.ceil((nowMs() + pipeline.labelArrivesWithinMs + guardKeptMs) / 1_000)
  const guard = await makeRoom(counters, guardPartition, parseGuard(known.guard === '' ? undefined : { json: known.guard }), expiresAtSec)
  const once = leaveOutCounted(fresh.rows, guard, await readPages(counters, guardPartition, guard, fresh.rows))
  const learnt = new Set<Row>(once.rows)
  // Without repeats, which may not move the others: nobody reads them when the state is made again
  const records = toLearnOrder(fresh.records.filter(({ row }) => !row || learnt.has(row)))
  const rows = records.flatMap(({ row }) => row ?? [])
  const champion = latestChampion(known, rows)
  const isNew = champion?.version !== known.champion?.version
  const kept = known.log.length > 0 && (isNew || known.log.length >= logAtMost) ? await keep(ports, known) : known
  const { numbers, totals, untraced } = learnAll(pipeline, kept, rows)
  const version = kept.version + 1
  const state: LayerState = {
    ...kept,
    version,
    learntAtMs: rows.length > 0 ? nowMs() : kept.learntAtMs,
    offsets: moveOffsets(kept.offsets, fresh.records),
    guard: toGuardJson(once.guard),
    champion,
    totals,
    log: [...kept.log, [version, toSpans(fresh.records, learnt)]],
    numbers,
  }
  return { state, counts: { ...counts, learnt: rows.length, repeated: counts.repeated + fresh.rows.length - rows.length, untraced } }
}

/** The state with what it has learnt so far put down under its version, so that the list of that begins anew. */
async function keep({ pipeline, store }: AdaptPorts, state: LayerState): Promise<LayerState> {
  await writeSnapshot(store, pipeline.name, state)
  return { ...state, origin: state.version, log: [] }
}

/** By the clock of the scoring: labels of rows that an earlier champion scored come for as long as labels are late. */
function latestChampion({ champion }: LayerState, rows: readonly Feedback[]): LayerState['champion'] {
  return rows.reduce((latest, { model, arm, scoredAtMs }) => {
    const isLater = model !== null && arm === 'champion' && scoredAtMs > (latest?.scoredAtMs ?? 0)
    return isLater ? { version: model, scoredAtMs } : latest
  }, champion)
}

/**
 * Partitions that begin anew. A record below what was looked at has been looked at itself, and so is not newer than the newest of those; one
 * that is newer is of a topic that was deleted and made again.
 */
function findRewound({ offsets }: LayerState, all: readonly KafkaRecord[]): number[] {
  const isNewer = ({ partition, offset, recordedAtMs }: KafkaRecord) => {
    const known = offsets[partition]
    return known !== undefined && offset < known.next && recordedAtMs > known.newestMs
  }
  return [...new Set(all.filter(isNewer).map(({ partition }) => partition))]
}

/** Without what is known of these partitions, and of labels by their places, which begin anew with the topics. */
function forget(state: LayerState, partitions: readonly number[]): LayerState {
  const offsets = Object.fromEntries(Object.entries(state.offsets).filter(([partition]) => !partitions.includes(Number(partition))))
  return { ...state, offsets, guard: '' }
}

function pickFresh(pipeline: Pipeline, { offsets }: LayerState, all: readonly KafkaRecord[]): Fresh {
  const counts = { invalid: 0, ofOtherDefinitions: 0 }
  const toRow = (record: KafkaRecord): Row | undefined => {
    const row = decodeOwn(pipeline, record)
    if (typeof row !== 'string') return { ...row, source: row.labelSource }
    counts[row]++
    return undefined
  }
  const records = toLearnOrder(all.filter(({ partition, offset }) => offset >= (offsets[partition]?.next ?? 0))).map(record => {
    const { partition, offset, recordedAtMs } = record
    return { partition, offset, recordedAtMs, row: toRow(record) }
  })
  return { records, rows: records.flatMap(({ row }) => row ?? []), ...counts }
}

function moveOffsets(offsets: LayerState['offsets'], records: readonly FreshRecord[]): LayerState['offsets'] {
  const moved = { ...offsets }
  for (const { partition, offset, recordedAtMs } of records) {
    const { next = 0, newestMs = 0 } = moved[partition] ?? {}
    moved[partition] = { next: Math.max(next, offset + 1), newestMs: Math.max(newestMs, recordedAtMs) }
  }
  return moved
}

/** What lies between labels that repeat others, by partition: first and last offset. */
function toSpans(records: readonly FreshRecord[], learnt: ReadonlySet<Row>): LayerState['log'][number][1] {
  const spans: [number, number, number][] = []
  let open: [number, number, number] | undefined
  for (const { partition, offset, row } of records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)) {
    if (row && !learnt.has(row)) {
      open = undefined
    } else if (open?.[0] === partition) {
      open[2] = offset
    } else {
      open = [partition, offset, offset]
      spans.push(open)
    }
  }
  return spans
}
