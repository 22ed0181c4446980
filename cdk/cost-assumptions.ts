/** Latencies of AWS within a region, in milliseconds: assumed, since no account was at hand; AWS says "single-digit" of DynamoDB and "100 to 200" of a first byte of S3 at worst. */
const latencyMs = { table: 5, brokers: 10, object: 40 }

/**
 * What one prediction is assumed to weigh and take, in one place to be replaced by better figures. The flights' definition: 36 features, windows
 * over events and labels, a label for every event, one champion and no shadow.
 *
 * Turns (calls one after another) and units are those of `npm run bench -- costs`, of the real steps on stores that count; sizes of
 * `-- compression` and of the real encoder; microseconds of the benches of each step, on cores that others used, so upper bounds.
 */
export const assumed = {
  latencyMs,
  /** Of a call's own processor time: signing, writing and reading JSON; 2.6 to 3.4 were measured at a load of 30 on two cores. */
  cpuMsACall: 1.5,
  /** Of Lambda's own: taking the payload, answering. */
  runtimeMs: 2,
  /** A processor of Lambda against one here. */
  cpuFactor: 2,

  /**
   * Of an invocation: calls that wait for one another, calls in all, and microseconds a record. Calls and turns are by partition for
   * `archive` and the labels of `preprocess`, which take partitions one after another; `callsARecord` come on top, eight at once.
   */
  steps: {
    'preprocess events': { turns: { table: 9, brokers: 1 }, calls: 21, micros: 15.2 },
    'infer features': { turns: { brokers: 1, object: 0.5 }, calls: 2, micros: 19 },
    'deliver predictions': { turns: { table: 1 }, calls: 0, callsARecord: 1 / 25, micros: 12 },
    // Counted in the windows beside it, a partition after another, which takes no longer than its own two turns
    'join labels': { turns: { table: 1, brokers: 1 }, calls: 1, callsAPartition: 1, callsARecord: 1 / 100, micros: 17.4 },
    'adapt feedback': { turns: { object: 2 }, calls: 2, micros: 20 },
    'archive events': { turnsAPartition: { object: 1 }, callsAPartition: 1, partitionMs: 2, micros: 10 },
    'archive labels': { turnsAPartition: { object: 1 }, callsAPartition: 1, partitionMs: 2, micros: 10 },
    // Counted while the object is put: two looks at a table take less than that, so of waits there are the object's alone
    'archive predictions': { turnsAPartition: { object: 1 }, callsAPartition: 3, partitionMs: 10, micros: 95.3 },
    'archive feedback': { turnsAPartition: { object: 1 }, callsAPartition: 3, partitionMs: 10, micros: 95.3 },
  } as Readonly<Record<string, StepLoad>>,
  otherStep: { turns: { table: 1, brokers: 1 }, calls: 2, micros: 15 } as StepLoad,
  defaultWindowSec: 0.5,

  /** Bytes of a record in its topic. What functions send goes compressed, by how many records a partition gets at once: `each + batch / records`. */
  bytesOf: { events: 200, labels: 100, features: 400, predictions: 685, feedback: 787, rejected: 0 },
  compressed: {
    features: { each: 61, batch: 730 },
    predictions: { each: 139, batch: 917 },
    feedback: { each: 142, batch: 915 },
  } as Readonly<Record<string, { readonly each: number; readonly batch: number }>>,

  predictions: {
    /** An item, names and index entry of 100 bytes included: a unit written. */
    rowBytes: 989,
    /** Of the flights: two days for labels, one of grace, and one until DynamoDB has deleted, which costs nothing. */
    keptDays: 4,
    /** Labels that come before their predictions: they are put down and taken away in transactions, and looked up four times. */
    earlyRatio: 0.001,
    early: { writes: 6, reads: 5 },
  },
  /** The entry of one partition of one batch, and what it costs until a snapshot holds it: of events with their share of snapshots and ends. */
  state: {
    eventWritesAnEntry: 4,
    eventReadsABatch: 25.5,
    labelWritesAnEntry: 1,
    labelWritesARecord: 0.0064,
    entryBytes: 300,
    recordBytes: 6,
    keptDays: 8,
  },
  /** Of a partition in a batch: guard, tally of the champion and tally of the layer in one transaction, read before. A shadow adds two units. */
  counters: { writes: 6, reads: 3 },

  archive: {
    rowBytes: { events: 34, labels: 34, predictions: 150, feedback: 160 } as Readonly<Record<string, number>>,
    /** What an object weighs beside its rows: its columns' names and ends. */
    objectBytes: { events: 800, labels: 800, predictions: 7_150, feedback: 7_600 } as Readonly<Record<string, number>>,
    months: 12,
    /** How long an object is kept after its hour was compacted: a grace, and a month as an older version. */
    smallDays: 32,
    compactMicrosARow: 20,
    compactMemoryMb: 3_008,
  },
  retrain: { sec: 30, runsAMonth: 120 },
  watch: { sec: 2, runsAMonth: 720 },

  /** Counted in the template of the default settings; a test compares. */
  alarmMetrics: 77,
  customMetrics: 45,
  logBytesAnInvocation: 1_200,
  /** Of brokers and of the network's flows. */
  otherLogGb: 2,
  /** The share of a disk up to which it is filled, before it grows. */
  diskUsedAtMost: 0.6,
} as const

/** Turns by what is waited for, calls and processor time, of an invocation or of each partition in it. */
export interface StepLoad {
  readonly turns?: Partial<Record<keyof typeof latencyMs, number>>
  readonly turnsAPartition?: Partial<Record<keyof typeof latencyMs, number>>
  readonly calls?: number
  readonly callsAPartition?: number
  readonly callsARecord?: number
  readonly partitionMs?: number
  readonly micros: number
}
