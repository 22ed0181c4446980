import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileKernels } from '#models/gbdt/kernels/compile.ts'
import { kernelsBase64 } from '#models/gbdt/kernels/kernels.wasm.ts'

describe('compileKernels', () => {
  it('gives the bytes in kernels.wasm.ts; if not, run npm run build:kernels', async () => {
    assert.equal(Buffer.from(await compileKernels()).toString('base64'), kernelsBase64)
  })
})
