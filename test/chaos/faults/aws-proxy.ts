import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Disturb, toAwsCall } from './aws-call.ts'

/** A proxy on 127.0.0.1 between the functions and the emulator, which disturbs calls as it is told. */
export interface AwsProxy {
  readonly endpoint: string
  /** Where calls go; to be told before the first one. */
  setUpstream(endpoint: string): void
  close(): Promise<void>
}

/**
 * Starts the proxy; `disturb` is asked for each call.
 *
 * @example const proxy = await startAwsProxy(() => undefined)
 */
export async function startAwsProxy(disturb: Disturb): Promise<AwsProxy> {
  const agent = new Agent({ keepAlive: true })
  let upstream: URL | undefined

  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy()) // the emulator is gone, or the function is
  })

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming
    const body = await readAll(incoming)
    const target = headers['x-amz-target']
    const disturbance = disturb(toAwsCall(method, path, target === undefined ? undefined : String(target), body))
    switch (disturbance?.kind) {
      case undefined: {
        const answer = await forward(incoming, body)
        outgoing.writeHead(answer.statusCode ?? 502, withoutConnection(answer.headers))
        answer.pipe(outgoing)
        return
      }
      case 'answer': {
        const { status, type, body: text } = disturbance.answer
        outgoing.writeHead(status, { 'content-type': type }).end(text)
        return
      }
      case 'drop': {
        if (disturbance.isDone) await readAll(await forward(incoming, body))
        await sleep(disturbance.afterMs)
        outgoing.destroy()
        return
      }
      case 'change': {
        const answer = await forward(incoming, Buffer.from(disturbance.body))
        const text = String(await readAll(answer))
        const isOk = answer.statusCode === 200
        outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': String(answer.headers['content-type']) })
        outgoing.end(isOk ? disturbance.toAnswer(text) : text)
        return
      }
      default:
        disturbance satisfies never
    }
  }

  function forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    if (!upstream) throw new Error('the proxy was not told where the emulator is')
    const { hostname, port } = upstream
    const own = { ...withoutConnection(headers), 'content-length': String(body.length) }
    return new Promise((resolve, reject) => {
      request({ hostname, port, method, path: url, headers: own, agent }, resolve).on('error', reject).end(body)
    })
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    setUpstream(endpoint) {
      upstream = new URL(endpoint)
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
        agent.destroy()
      }),
  }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Headers that hold for one connection only. */
function withoutConnection(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  const { connection, 'keep-alive': _, 'transfer-encoding': __, ...rest } = headers
  return rest
}
