import { refusalOf } from '../../dynamo-limits.ts'
import { type AwsAnswer, type AwsCall, type Disturb, type Disturbance, toDynamoError, toS3Error } from '../faults/aws-call.ts'
import { checkPublish } from './sns-limits.ts'

/** Bytes of an object's key in UTF-8, at most: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const keyBytesAtMost = 1_024

/**
 * Refuses what AWS would refuse, and the emulator does not: items, keys and batches of DynamoDB, messages of SNS, keys of S3. `onRefused` is
 * told of each in a line.
 *
 * @example const proxy = await startAwsProxy(enforceLimits(line => refused.push(line)))
 */
export function enforceLimits(onRefused: (line: string) => void): Disturb {
  const answer = (own: AwsAnswer, line: string): Disturbance => {
    onRefused(line)
    return { kind: 'answer', answer: own }
  }
  return call => {
    const { dynamoOperation, method, path, body } = call
    if (dynamoOperation !== undefined) {
      const refusal = refusalOf(dynamoOperation, JSON.parse(String(body)))
      if (refusal === undefined) return undefined
      return answer(toDynamoError(400, refusal.name, refusal.message), `DynamoDB ${dynamoOperation}: ${refusal.message}`)
    }
    if (isPublish(call)) return checkPublish(String(body), line => onRefused(`SNS ${line}`))
    const key = keyOf(path)
    if (Buffer.byteLength(key) <= keyBytesAtMost) return undefined
    return answer(toS3Error(400, 'KeyTooLongError'), `S3 ${method}: a key of ${Buffer.byteLength(key)} bytes`)
  }
}

const isPublish = ({ method, path, body }: AwsCall) =>
  method === 'POST' && path === '/' && /(^|&)Action=Publish(Batch)?(&|$)/.test(body.toString('latin1', 0, 4_096))

/** The key in a path of the form `/bucket/key?query`; empty where there is none. */
function keyOf(path: string): string {
  const [, , ...parts] = path.split('?')[0].split('/')
  return decodeURIComponent(parts.join('/'))
}
