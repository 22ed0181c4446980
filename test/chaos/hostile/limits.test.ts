import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { type AwsProxy, startAwsProxy } from '../faults/aws-proxy.ts'
import { enforceLimits } from './limits.ts'

describe('enforceLimits', () => {
  let proxy: AwsProxy
  let refusals: string[] = []
  let seen: string[] = []
  const taken = '<PublishBatchResponse><PublishBatchResult><Successful/><Failed/></PublishBatchResult></PublishBatchResponse>'
  const service = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    seen.push(String(Buffer.concat(chunks)))
    const isDynamo = incoming.headers['x-amz-target'] !== undefined
    outgoing.writeHead(200, { 'content-type': isDynamo ? 'application/x-amz-json-1.0' : 'text/xml' }).end(isDynamo ? '{}' : taken)
  })
  const settings = () => {
    ;[refusals, seen] = [[], []]
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' }
    return { endpoint: proxy.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
  }

  before(async () => {
    await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve))
    proxy = await startAwsProxy(enforceLimits(line => refusals.push(line)))
    proxy.setUpstream(`http://127.0.0.1:${(service.address() as AddressInfo).port}`)
  })
  after(async () => {
    await proxy.close()
    service.close()
    service.closeAllConnections()
  })

  it('lets what AWS takes through', async () => {
    const own = settings()
    await new DynamoDBClient(own).send(new PutItemCommand({ TableName: 'predictions', Item: { id: { S: 'x' } } }))
    await new S3Client({ ...own, forcePathStyle: true }).send(new PutObjectCommand({ Bucket: 'b', Key: 'ü'.repeat(512), Body: 'x' }))
    await new SNSClient(own).send(new PublishCommand({ TopicArn: 't', Subject: '"An id"', Message: 'Flüg' }))
    assert.deepEqual([seen.length, refusals], [3, []])
  })
  it('refuses an item over 400 kB as DynamoDB does', async () => {
    const command = new PutItemCommand({ TableName: 'predictions', Item: { id: { S: 'x' }, record: { S: 'x'.repeat(409_600) } } })
    await assert.rejects(new DynamoDBClient(settings()).send(command), { name: 'ValidationException', message: /Item size/ })
    assert.deepEqual([seen, refusals], [[], ['DynamoDB PutItem: Item size has exceeded the maximum allowed size']])
  })
  it('refuses a key over 1,024 bytes as S3 does', async () => {
    const command = new PutObjectCommand({ Bucket: 'b', Key: `${'ü'.repeat(512)}x`, Body: 'x' })
    await assert.rejects(new S3Client({ ...settings(), forcePathStyle: true }).send(command), { name: 'KeyTooLongError' })
    assert.deepEqual([seen, refusals], [[], ['S3 PUT: a key of 1025 bytes']])
  })

  const subjects = {
    'with a line break': 'F\nBcc: x',
    'in other letters': 'Flüg',
    'that is empty': '',
    'of 101 letters': 'x'.repeat(101),
    'that begins with a space': ' x',
  }
  for (const [what, Subject] of Object.entries(subjects)) {
    it(`refuses a subject ${what} as SNS does, and passes on the rest of the batch`, async () => {
      const entries = [
        { Id: '0', Subject, Message: 'bad' },
        { Id: '1', Subject: 'right', Message: 'good' },
      ]
      const { Failed = [] } = await new SNSClient(settings()).send(
        new PublishBatchCommand({ TopicArn: 't', PublishBatchRequestEntries: entries }),
      )
      assert.deepEqual(
        Failed.map(({ Id, SenderFault, Code }) => ({ Id, SenderFault, Code })),
        [{ Id: '0', SenderFault: true, Code: 'InvalidParameter' }],
      )
      const form = new URLSearchParams(seen[0])
      assert.equal(form.get('PublishBatchRequestEntries.member.1.Message'), 'good')
      assert.equal(form.get('PublishBatchRequestEntries.member.2.Message'), null)
      assert.equal(refusals.length, 1)
    })
  }
  const publish = (entries: readonly { readonly Id: string; readonly Message: string }[]) =>
    new SNSClient(settings()).send(new PublishBatchCommand({ TopicArn: 't', PublishBatchRequestEntries: [...entries] }))
  const batches = {
    BatchRequestTooLong: [0, 1].map(at => ({ Id: `${at}`, Message: 'x'.repeat(140_000) })),
    TooManyEntriesInBatchRequest: Array.from({ length: 11 }, (_, at) => ({ Id: `${at}`, Message: 'x' })),
    BatchEntryIdsNotDistinct: [0, 0].map(() => ({ Id: '0', Message: 'x' })),
  }
  for (const [code, entries] of Object.entries(batches)) {
    it(`refuses a batch as SNS does: ${code}`, async () => {
      await assert.rejects(publish(entries), (error: Error & { readonly Code?: string }) => [error.name, error.Code].join().includes(code))
      assert.deepEqual(seen, [])
    })
  }
  it('refuses a message over 256 kB as SNS does', async () => {
    const command = new PublishCommand({ TopicArn: 't', Message: 'x'.repeat(262_145) })
    await assert.rejects(new SNSClient(settings()).send(command), /Message too long: 262145 bytes/)
  })
})
