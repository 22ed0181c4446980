import { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns'
import { MillraceError } from '#models/errors.ts'
import type { Notify } from '../ports.ts'
import { requestHandler } from './request-handler.ts'

/** SNS takes ten messages a call. */
const perCall = 10

/**
 * Publishes to an SNS topic. A message of which SNS says that the sender is at fault will never be taken: it is counted, and the others go on.
 *
 * @throws MillraceError SEND_FAILED, retryable, where SNS itself failed, so that the batch comes again
 * @see https://docs.aws.amazon.com/sns/latest/api/API_BatchResultErrorEntry.html
 */
export function snsNotify(topicArn: string, client: Pick<SNSClient, 'send'> = new SNSClient({ requestHandler })): Notify {
  return async messages => {
    let refusedCount = 0
    for (let from = 0; from < messages.length; from += perCall) {
      const entries = messages
        .slice(from, from + perCall)
        .map(({ subject, body }, at) => ({ Id: String(at), Subject: subject, Message: body }))
      const { Failed = [] } = await client.send(new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries: entries }))
      const failed = Failed.filter(({ SenderFault }) => !SenderFault)
      if (failed.length > 0) {
        throw new MillraceError('SEND_FAILED', `${failed.length} of ${entries.length} notifications were not taken: ${failed[0].Message}`, {
          retryable: true,
        })
      }
      refusedCount += Failed.length
    }
    return { refusedCount }
  }
}
