import type { Scorer } from './scorer.ts'

/** Models in memory by version. */
export interface ScorerMemory {
  /** The model of a version, loaded only where it is not in memory. */
  open(version: string): Promise<Scorer>
  /** Frees the models that were asked for longest ago, until at most `idleAtMost` are left beside those that serve. */
  trim(serving: readonly string[]): Promise<void>
}

/**
 * A small least-recently-used set of models.
 *
 * ONNX Runtime keeps a little memory for every session it ever made, so a model that comes back should find its own.
 */
export function makeScorerMemory(load: (version: string) => Promise<Scorer>, idleAtMost: number): ScorerMemory {
  const scorers = new Map<string, Scorer>() // in the order of their last use
  return {
    async open(version) {
      const scorer = scorers.get(version) ?? (await load(version))
      scorers.delete(version)
      scorers.set(version, scorer)
      return scorer
    },
    async trim(serving) {
      const idle = [...scorers.keys()].filter(version => !serving.includes(version))
      for (const version of idle.slice(0, Math.max(0, idle.length - idleAtMost))) {
        const scorer = scorers.get(version)!
        scorers.delete(version)
        await scorer.release()
      }
    },
  }
}
