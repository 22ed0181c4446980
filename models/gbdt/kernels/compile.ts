import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import { MillraceError } from '../../errors.ts'

const flags = [
  '--optimizeLevel=3',
  '--converge',
  '--noAssert',
  '--runtime=stub',
  '--importMemory',
  '--noExportMemory',
  '--sharedMemory',
  '--initialMemory=1',
  '--maximumMemory=65536',
  '--enable=threads,simd',
]

/**
 * Compiles the AssemblyScript kernels to WebAssembly. Development only: training reads the bytes embedded in kernels.wasm.ts.
 *
 * @throws MillraceError FILE_INVALID with the compiler's messages
 * @example const bytes = await compileKernels()
 */
export async function compileKernels(): Promise<Uint8Array> {
  const outputs = new Map<string, string | Uint8Array>()
  const baseDir = fileURLToPath(new URL('.', import.meta.url))
  const { error, stderr } = await asc.main(['assembly/kernels.ts', '--baseDir', baseDir, '--outFile', 'kernels.wasm', ...flags], {
    writeFile: (name, contents) => {
      outputs.set(name, contents)
    },
  })
  const binary = outputs.get('kernels.wasm')
  if (error || !(binary instanceof Uint8Array)) {
    throw new MillraceError('FILE_INVALID', `models/gbdt/kernels/assembly does not compile: ${stderr.toString()}`, { cause: error })
  }
  return binary
}
