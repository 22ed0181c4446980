import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the stub answers to a call, by its method and path. */
export type AwsAnswer = { readonly status: number; readonly errorType?: string; readonly body: object }

/** An HTTP server that answers as an AWS service does, and keeps what it was asked and for which region that was signed. */
export async function startAwsStub(answer: (call: string) => AwsAnswer) {
  const calls: { readonly call: string; readonly region: string | undefined }[] = []
  const server = createServer((request, response) => {
    const call = `${request.method} ${decodeURIComponent(request.url ?? '')}`
    calls.push({ call, region: /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] })
    const { status, errorType, body } = answer(call)
    response.writeHead(status, { 'content-type': 'application/json', ...(errorType ? { 'x-amzn-errortype': errorType } : {}) })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  }
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, stop }
}

/** Runs with these variables in the environment, without those that are undefined, and puts back what was there. */
export async function withEnvironment<T>(changes: Readonly<Record<string, string | undefined>>, run: () => Promise<T>): Promise<T> {
  const before = Object.fromEntries(Object.keys(changes).map(name => [name, process.env[name]]))
  const set = (values: Readonly<Record<string, string | undefined>>) => {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  set(changes)
  try {
    return await run()
  } finally {
    set(before)
  }
}
