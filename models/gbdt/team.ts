import { Worker } from 'node:worker_threads'
import { MillraceError } from '../errors.ts'
import { makeJsKernels } from './kernels/js.ts'
import type { KernelKind, Kernels } from './kernels/kernels.ts'
import * as map from './kernels/memory-map.ts'
import { compileEmbeddedKernels, makeWasmKernels } from './kernels/wasm.ts'
import { partAddress, type TrainingMemory } from './training-memory.ts'

/** The threads of a training: the caller's own does part 0, a worker each does the others. */
export interface Team {
  /** Does a task of the memory map on every part and returns when all are done. */
  run(task: number): void
  mergeHistograms(parent: number): void
  stop(): Promise<void>
}

/** All that a worker runs; as a string it needs no file of its own, so the trainer can be bundled. Its loop is `serve` in assembly/kernels.ts. */
const workerSource = `
const { workerData: { module, memory, part } } = require('node:worker_threads')
new WebAssembly.Instance(module, { env: { memory } }).exports.serve(part)`

const spinLimit = 4000
const waitLimitMs = 60_000

export function makeTeam(memory: TrainingMemory, kernelKind: KernelKind): Team {
  return kernelKind === 'js' ? makeLoneTeam(memory) : makeThreadedTeam(memory)
}

/** The JavaScript twin does all parts in turn on the caller's thread. */
function makeLoneTeam({ views, wasmMemory, partCount }: TrainingMemory): Team {
  const kernels = makeJsKernels(wasmMemory.buffer)
  return {
    run: task => {
      views.i32[map.TASK >> 2] = task
      for (let part = 0; part < partCount; part++) kernels.run(part)
    },
    mergeHistograms: parent => kernels.mergeHistograms(partCount, parent),
    stop: async () => {},
  }
}

function makeThreadedTeam(memory: TrainingMemory): Team {
  const { views, wasmMemory, partCount } = memory
  const module = compileEmbeddedKernels()
  const kernels: Kernels = makeWasmKernels(module, wasmMemory)
  const workers = Array.from(
    { length: partCount - 1 },
    (_, i) => new Worker(workerSource, { eval: true, workerData: { module, memory: wasmMemory, part: i + 1 } }),
  )
  let ticket = 0

  function post(task: number): void {
    views.i32[map.TASK >> 2] = task
    ticket++
    Atomics.store(views.i32, map.TICKET >> 2, ticket)
    Atomics.notify(views.i32, map.TICKET >> 2)
  }

  return {
    run: task => {
      if (workers.length === 0) views.i32[map.TASK >> 2] = task
      else post(task)
      kernels.run(0)
      for (let part = 1; part < partCount; part++) waitFor(views.i32, (partAddress(part) + map.DONE) >> 2, ticket)
    },
    mergeHistograms: parent => kernels.mergeHistograms(partCount, parent),
    stop: async () => {
      post(map.TASK_STOP)
      await Promise.all(workers.map(worker => worker.terminate()))
    },
  }
}

/** Waits until the word holds the ticket: a short spin, because most tasks take microseconds, then sleep. */
function waitFor(words: Int32Array, word: number, ticket: number): void {
  for (let spin = 0; spin < spinLimit; spin++) if (Atomics.load(words, word) === ticket) return
  for (let seen = Atomics.load(words, word); seen !== ticket; seen = Atomics.load(words, word)) {
    if (Atomics.wait(words, word, seen, waitLimitMs) !== 'timed-out') continue
    throw new MillraceError(
      'TRAINING_IMPOSSIBLE',
      `a training thread gave no answer in ${waitLimitMs} ms; set trainer.gbdt.threadCount to 1 in models/pipeline.ts`,
    )
  }
}
