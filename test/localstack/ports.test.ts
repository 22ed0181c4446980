import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { freePorts } from '../../localstack/ports.ts'

describe('freePorts', () => {
  it('gives as many ports as asked for, all different', async () => {
    const ports = await freePorts(20)
    assert.equal(new Set(ports).size, 20)
  })
  it('gives ports that a server can take at once', async () => {
    const [port] = await freePorts(1)
    const server = createServer()
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
    server.close()
  })
})
