import type { Kernels } from './kernels.ts'
import { kernelsBase64 } from './kernels.wasm.ts'

/** The compiled kernels; the bytes travel inside the source so that a bundler needs no loader. */
export function compileEmbeddedKernels(): WebAssembly.Module {
  return new WebAssembly.Module(Buffer.from(kernelsBase64, 'base64'))
}

/** The WebAssembly kernels on a training memory. */
export function makeWasmKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const { run, mergeHistograms } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels
  return { run, mergeHistograms }
}
