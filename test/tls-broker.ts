import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'

/** A certificate for 127.0.0.1 that nobody but itself vouches for, and its key, in PEM. */
export function makeCertificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
  const [keyFile, certFile] = ['key.pem', 'cert.pem'].map(name => join(folder, name))
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const names = ['-subj', '/CN=millrace-test', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', [...kind, ...names, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
  const certificate = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') }
  rmSync(folder, { recursive: true })
  return certificate
}

const int16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff])
const int32 = (value: number) => Buffer.from(new Int32Array([value]).buffer).swap32()
const int64 = (value: number) => Buffer.from(new BigInt64Array([BigInt(value)]).buffer).swap64()
const text = (value: string) => Buffer.concat([int16(value.length), Buffer.from(value)])
const list = (...items: readonly Buffer[]) => Buffer.concat([int32(items.length), ...items])

const [metadata, handshake, apiVersions, authenticate] = [3, 17, 18, 36]
const offered = [
  [metadata, 1],
  [handshake, 1],
  [apiVersions, 1],
  [authenticate, 1],
]

/**
 * A broker behind TLS that signs clients in by OAUTHBEARER and answers what it is asked of the cluster: enough to see how a client signs in.
 *
 * It stands for MSK with IAM, which cannot be had here.
 *
 * @see https://kafka.apache.org/protocol
 */
export async function startTlsBroker(options: {
  readonly certificate: { readonly key: string; readonly cert: string }
  readonly sessionMs: number
  /** Why no token is taken; all are if absent. */
  readonly refusal?: string
}) {
  const { certificate, sessionMs, refusal } = options
  const tokens: string[] = []
  const answers: Readonly<Record<number, (body: Buffer) => Buffer>> = {
    [apiVersions]: () => {
      const versions = offered.map(([api, most]) => Buffer.concat([int16(api), int16(0), int16(most)]))
      return Buffer.concat([int16(0), list(...versions), int32(0)])
    },
    [handshake]: () => Buffer.concat([int16(0), list(text('OAUTHBEARER'))]),
    [authenticate]: body => {
      tokens.push((body.toString('latin1').split('auth=Bearer ')[1] ?? '').split('\u0001')[0])
      const [code, message] = refusal === undefined ? [0, int16(-1)] : [58, text(refusal)]
      return Buffer.concat([int16(code), message, int32(0), int64(sessionMs)])
    },
    [metadata]: () => Buffer.concat([list(Buffer.concat([int32(1), text('127.0.0.1'), int32(port), int16(-1)])), int32(1), list()]),
  }
  const sockets = new Set<Socket>()
  const server = createServer(certificate, socket => {
    sockets.add(socket)
    let received = Buffer.alloc(0)
    socket.on('error', () => {}) // a client that leaves is no news
    socket.on('data', data => {
      received = Buffer.concat([received, data])
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const request = received.subarray(4, 4 + received.readInt32BE(0))
        received = received.subarray(4 + request.length)
        const answer = Buffer.concat([request.subarray(4, 8), answers[request.readInt16BE(0)](request.subarray(8))])
        socket.write(Buffer.concat([int32(answer.length), answer]))
      }
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  }
  return { brokers: `127.0.0.1:${port}`, tokens, stop }
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
