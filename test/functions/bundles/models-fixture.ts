import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { type ModelReport, makeModelsInService } from '#functions/bundles/models-in-service.ts'
import { type ChampionPointer, changePointer, previousVersion, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBundle } from '../../make-bundle.ts'

export type Changes = Parameters<typeof makeBundle>[1]

/** A store with a pointer, a function that serves from it, and a count of the sessions that it made. */
export function open() {
  const store = memoryStore()
  const reports: ModelReport[] = []
  let nowMs = 0
  let isBroken = false
  const sessions = { made: 0, released: 0 }
  const start = () =>
    makeModelsInService({
      pipeline,
      store: { get: key => (isBroken ? Promise.reject(new Error('S3 is away')) : store.get(key)) },
      load: async onnx => {
        const session = await loadOnnx(onnx)
        sessions.made++
        const release = () => {
          sessions.released++
          return session.release()
        }
        return { run: session.run, release }
      },
      checkEveryMs: 1000,
      nowMs: () => nowMs,
      report: report => reports.push(report),
    })
  let models = start()
  const change = (decide: (champion: ChampionPointer) => ChampionPointer) =>
    changePointer(store, pipeline.name, champion => decide(champion!))
  return {
    store,
    reports,
    sessions,
    change,
    refusals: () => reports.flatMap(report => (report.kind === 'refused' ? [report.reason] : [])),
    now: () => models(),
    /** The models a good second later. */
    later: () => {
      nowMs += 1001
      return models()
    },
    /** A new function, with nothing in memory. */
    restart: () => {
      models = start()
    },
    setBroken: (broken: boolean) => {
      isBroken = broken
    },
    write: (version: string, changes: Changes = {}) => writeBundle(store, makeBundle(version, changes)),
    promote: (version: string) =>
      changePointer(store, pipeline.name, champion => toPromoted(champion, { version, reason: 'test', nowMs: nowMs++ })),
    async serve(version: string, changes: Changes = {}) {
      await writeBundle(store, makeBundle(version, changes))
      await changePointer(store, pipeline.name, champion => toPromoted(champion, { version, reason: 'test', nowMs: nowMs++ }))
    },
    rollBack: () =>
      change(champion => toPromoted(champion, { version: previousVersion(champion)!, reason: 'rolled back', nowMs: nowMs++ })),
  }
}
