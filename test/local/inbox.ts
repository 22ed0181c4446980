import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What SNS posts to a subscriber by HTTP. */
interface Note {
  readonly Type: string
  readonly Subject?: string
  readonly Message: string
  /** Of a subscription that waits to be confirmed. */
  readonly Token?: string
}

/** A web server on 127.0.0.1 that keeps what SNS sends to `/notes`, and the paths of whatever else it is asked for. */
export function makeInbox() {
  const notes: Note[] = []
  const otherPaths: string[] = []
  const arrivals = createServer(async (request, response) => {
    const body = await text(request)
    response.end()
    if (request.url === '/notes') notes.push(JSON.parse(body) as Note)
    else otherPaths.push(request.url ?? '')
    arrivals.emit('arrival')
  })
  return {
    /** Its address; it listens from the first call on. */
    async listen(): Promise<string> {
      if (!arrivals.listening) await once(arrivals.listen(0, '127.0.0.1'), 'listening')
      return `http://127.0.0.1:${(arrivals.address() as AddressInfo).port}`
    },
    /** The first so many notes of a type, once they are there. */
    async receive(type: 'Notification' | 'SubscriptionConfirmation', count: number): Promise<readonly Note[]> {
      const found = () => notes.filter(({ Type }) => Type === type)
      while (found().length < count) await once(arrivals, 'arrival', { signal: AbortSignal.timeout(60_000) })
      return found().slice(0, count)
    },
    otherPaths: () => [...otherPaths],
    close: () => arrivals.close(),
  }
}
