import { writeFileSync } from 'node:fs'
import { compileKernels } from './compile.ts'

const base64 = Buffer.from(await compileKernels()).toString('base64')
const lines = base64.match(/.{1,120}/g) ?? []
const text = `// Written by \`npm run build:kernels\` from assembly/; a test compiles the source again and compares the bytes.
export const kernelsBase64 = [
${lines.map(line => `  '${line}',`).join('\n')}
].join('')
`
writeFileSync(new URL('kernels.wasm.ts', import.meta.url), text)
