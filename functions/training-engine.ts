/** A job on an engine outside of the function, as it is now. */
export type JobState =
  | { readonly state: 'running' }
  | { readonly state: 'succeeded' }
  | { readonly state: 'failed'; readonly reason: string }

/** Runs trainings that no function holds. */
export interface TrainingEngine {
  /** Starts the job that reads its input under this key; of an id that was started before, the job that there is. Gives the engine's name of the job. */
  start(job: { readonly id: string; readonly inputKey: string }): Promise<string>
  look(jobId: string): Promise<JobState>
  /** The address under which the engine finds an object. */
  uriOf(store: 'archive' | 'models', key: string): string
}
