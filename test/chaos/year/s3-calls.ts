import type { AwsAnswer } from '../faults/aws-call.ts'
import { toS3Error } from '../faults/aws-call.ts'
import type { Bucket } from './bucket.ts'

/** A call of S3, as the SDK sends it. */
export interface S3Call {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

/** S3's answer to one: text, or an object's bytes. */
export type S3Answer = Omit<AwsAnswer, 'body'> & {
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** Keys in an answer to a listing. */
const keysAPage = 1_000

const xml = (body: string): S3Answer => ({ status: 200, type: 'application/xml', body: `<?xml version="1.0" encoding="UTF-8"?>${body}` })

/** What `answerS3` did, by S3's own names. */
export function nameS3Call({ method, url }: Pick<S3Call, 'method' | 'url'>): string {
  if (method === 'GET') return url.searchParams.has('list-type') ? 'ListObjects' : 'GetObject'
  return method === 'PUT' ? 'PutObject' : method === 'POST' ? 'DeleteObjects' : method
}

/** Answers the calls that the functions make, as S3 does: objects, conditional writes, listings by pages, deletion of many. */
export function answerS3(bucketOf: (name: string) => Bucket, call: S3Call): S3Answer {
  const [, name, ...parts] = decodeURIComponent(call.url.pathname).split('/')
  return answers[nameS3Call(call)]?.(bucketOf(name), parts.join('/'), call) ?? toS3Error(501, 'NotImplemented')
}

const answers: Readonly<Record<string, (bucket: Bucket, key: string, call: S3Call) => S3Answer>> = {
  GetObject(bucket, key) {
    const stored = bucket.get(key)
    return stored
      ? { status: 200, type: 'application/octet-stream', body: stored.body, headers: { etag: stored.etag } }
      : toS3Error(404, 'NoSuchKey')
  },
  PutObject(bucket, key, { headers, body }) {
    const [noneMatch, match] = [headers['if-none-match'], headers['if-match']]
    const isPut = bucket.put(key, body, { ...(noneMatch !== undefined && { noneMatch }), ...(match !== undefined && { match }) })
    return isPut ? { ...xml(''), body: '' } : toS3Error(412, 'PreconditionFailed')
  },
  ListObjects(bucket, _key, { url }) {
    const prefix = url.searchParams.get('prefix') ?? ''
    const after = url.searchParams.get('continuation-token') ?? url.searchParams.get('start-after') ?? ''
    const { keys, isCut } = bucket.list(prefix, after, keysAPage)
    const contents = keys.map(key => `<Contents><Key>${toXml(key)}</Key></Contents>`).join('')
    const more = isCut ? `<NextContinuationToken>${toXml(keys[keys.length - 1])}</NextContinuationToken>` : ''
    return xml(
      `<ListBucketResult><KeyCount>${keys.length}</KeyCount><IsTruncated>${isCut}</IsTruncated>${more}${contents}</ListBucketResult>`,
    )
  },
  DeleteObjects(bucket, _key, { body }) {
    for (const [, key] of String(body).matchAll(/<Key>(.*?)<\/Key>/g)) bucket.remove(fromXml(key))
    return xml('<DeleteResult/>')
  },
}

const escapes = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
] as const
const toXml = (text: string) => escapes.reduce((all, [from, to]) => all.replaceAll(from, to), text)
const fromXml = (text: string) => escapes.toReversed().reduce((all, [from, to]) => all.replaceAll(to, from), text)
