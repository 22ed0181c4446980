import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { toHttpRequest, toHttpResponse } from '../adapters/http-event.ts'
import { clusterSender, senderNames } from '../adapters/kafka-sender.ts'
import { log } from '../adapters/log.ts'
import { makeCollect } from './collect.ts'

let collect: ReturnType<typeof makeCollect> | undefined

/** Called by the HTTP API, which waits for 30 s; the Kafka connection is kept from one call to the next. */
export const handler = async (event: unknown) => {
  const request = toHttpRequest(event)
  collect ??= open()
  const answer = await collect(request)
  const { accepted, rejected, error = null } = answer.body
  log({ step: 'collect', path: request.path, statusCode: answer.statusCode, accepted, rejected: rejected.length, reason: error })
  return toHttpResponse(answer)
}

function open(): ReturnType<typeof makeCollect> {
  const { HTTP_PATHS, ...cluster } = readConfig([...senderNames, 'HTTP_PATHS'])
  return makeCollect({ pipeline, offers: HTTP_PATHS.split(','), send: clusterSender(cluster, { deadlineMs: 15_000 }) })
}
