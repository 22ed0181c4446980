import { createServer } from 'node:net'

/**
 * Ports on 127.0.0.1 that nobody listens on, all different.
 *
 * Held together until all are known, then let go: another program could take one before its server starts, which then says so.
 *
 * @example const [kafkaPort, controllerPort] = await freePorts(2)
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listenAnywhere()))
  const ports = servers.map(({ port }) => port)
  await Promise.all(servers.map(({ close }) => close()))
  return ports
}

function listenAnywhere(): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      resolve({ port, close: () => new Promise(closed => server.close(() => closed())) })
    })
  })
}
