import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import type { RemovingStore } from '../ports.ts'
import { cut } from './concurrency.ts'
import { requestHandler } from './request-handler.ts'

/** S3's limit of one request to delete. */
const keysARequest = 1_000

/** A bucket as an object store; conditional writes are S3's own. */
export function s3Store(
  bucket: string,
  client = new S3Client({ forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined, requestHandler }),
): RemovingStore {
  return {
    async get(key) {
      try {
        const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        return { body: await Body!.transformToByteArray(), etag: ETag! }
      } catch (error) {
        if (statusOf(error) === 404) return undefined
        throw error
      }
    },
    async put(key, body) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
    },
    async putIf(key, body, etag) {
      const condition = etag === null ? { IfNoneMatch: '*' } : { IfMatch: etag }
      try {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...condition }))
        return true
      } catch (error) {
        // 412: it is not what we saw; 409: another writer in the same instant; 404: what we saw is gone
        if ([404, 409, 412].includes(statusOf(error) ?? 0)) return false
        throw error
      }
    },
    async list(prefix, { after, before } = {}) {
      const keys: string[] = []
      let token: string | undefined
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: after, ContinuationToken: token }),
        )
        for (const { Key } of page.Contents ?? []) {
          if (before !== undefined && Key! >= before) return keys
          keys.push(Key!)
        }
        token = page.NextContinuationToken
      } while (token)
      return keys
    },
    async remove(keys) {
      for (const some of cut(keys, keysARequest)) {
        const objects = some.map(Key => ({ Key }))
        const { Errors } = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }))
        const [failed] = Errors ?? []
        if (failed) throw new Error(`${failed.Key} was not removed: ${failed.Code} ${failed.Message}`)
      }
    },
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
}
