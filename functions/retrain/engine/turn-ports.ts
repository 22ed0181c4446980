import type { Pipeline } from '#models/pipeline-compiler.ts'
import type { ArchiveStore } from '../../archived/list-hours.ts'
import type { LoadOnnx, ObjectStore, ReadTrainingRows } from '../../ports.ts'
import type { TrainingEngine } from '../../training-engine.ts'

/** What a turn of retrain needs where an engine outside of the function trains. */
export interface TurnPorts {
  readonly pipeline: Pipeline
  readonly archive: ArchiveStore
  readonly models: ObjectStore
  readonly engine: TrainingEngine
  readonly readRows: ReadTrainingRows
  /** The text of training-set.sql. */
  readonly readQuery: () => Promise<string>
  readonly load: LoadOnnx
  readonly nowMs: () => number
  readonly clockMs: () => number
  readonly residentBytes: () => number
}
