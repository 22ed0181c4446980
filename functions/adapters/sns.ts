import { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns'
import { MillraceError } from '#models/errors.ts'
import type { Notify } from '../ports.ts'
import { requestHandler } from './request-handler.ts'

/** SNS takes ten messages a call. */
const perCall = 10

/** Publishes to an SNS topic; throws SEND_FAILED when any message was not taken, so that the batch comes again. */
export function snsNotify(topicArn: string, client = new SNSClient({ requestHandler })): Notify {
  return async messages => {
    for (let from = 0; from < messages.length; from += perCall) {
      const entries = messages
        .slice(from, from + perCall)
        .map(({ subject, body }, at) => ({ Id: String(at), Subject: subject.slice(0, 100), Message: body }))
      const { Failed = [] } = await client.send(new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries: entries }))
      if (Failed.length > 0) {
        throw new MillraceError('SEND_FAILED', `${Failed.length} of ${entries.length} notifications were not taken: ${Failed[0].Message}`, {
          retryable: true,
        })
      }
    }
  }
}
