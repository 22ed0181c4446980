import type { Kafka } from 'kafkajs'
import { cutByBytes } from '#functions/adapters/cut-by-bytes.ts'
import { MillraceError } from '#models/errors.ts'
import type { DestinationClients } from './destinations.ts'

/** Clients of the emulator and of the broker; each is loaded and connected where it is first needed. */
export function makeDestinationClients(kafka: Kafka): DestinationClients & { close(): Promise<void> } {
  const opening = new Map<string, Promise<unknown>>()
  const open = <Client>(name: string, make: () => Promise<Client>) => {
    if (!opening.has(name)) {
      const client = make()
      client.catch(() => opening.delete(name)) // the next failure tries anew
      opening.set(name, client)
    }
    return opening.get(name) as Promise<Client>
  }
  const openProducer = () =>
    open('kafka', async () => {
      const { Partitioners } = await import('kafkajs')
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
      await producer.connect()
      return producer
    })
  return {
    sendToQueue,
    async publish(topicArn, body) {
      const { SNSClient, PublishCommand } = await import('@aws-sdk/client-sns')
      const client = await open('sns', async () => new SNSClient())
      await client.send(new PublishCommand({ TopicArn: topicArn, Message: body }))
    },
    async putObject(bucket, key, body) {
      const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3')
      const client = await open('s3', async () => new S3Client({ forcePathStyle: true }))
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
    },
    async produce(topic, messages) {
      const producer = await openProducer()
      let refusal: unknown
      for (const chunk of cutByBytes(messages)) {
        try {
          await producer.send({ topic, messages: chunk })
        } catch (cause) {
          if ((cause as { readonly type?: string }).type !== 'MESSAGE_TOO_LARGE') throw cause
          refusal = cause // the same another time; the others go on
        }
      }
      if (refusal === undefined) return
      throw new MillraceError('SEND_FAILED', `a record with its metadata is larger than topic ${topic} takes`, { cause: refusal })
    },
    async close() {
      if (opening.has('kafka')) await (await openProducer()).disconnect()
    },
  }
}

/**
 * Sends to a queue of the emulator, in SQS's JSON protocol.
 *
 * Without the SDK's client, which nothing else here needs, and unsigned, since only an emulator is ever asked: on AWS Lambda sends.
 */
async function sendToQueue(queueArn: string, body: string): Promise<void> {
  const [, , , region, account, name] = queueArn.split(':')
  const endpoint = process.env.AWS_ENDPOINT_URL ?? ''
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.SendMessage',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/sqs/aws4_request, SignedHeaders=host, Signature=none`,
    },
    body: JSON.stringify({ QueueUrl: `${endpoint}/${account}/${name}`, MessageBody: body }),
  })
  if (!answer.ok) throw new MillraceError('SEND_FAILED', `queue ${name}: ${answer.status} ${await answer.text()}`, { retryable: true })
}
