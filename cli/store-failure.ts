import type { ObjectStore, StateStore } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'

/** What to do about credentials that AWS does not take, by the error's name. */
export const credentialAdvice: Readonly<Record<string, string>> = {
  CredentialsProviderError: 'there are no AWS credentials; sign in (aws sso login), or set AWS_PROFILE',
  ExpiredToken: 'the AWS credentials have expired; sign in again',
  ExpiredTokenException: 'the AWS credentials have expired; sign in again',
  InvalidAccessKeyId: 'AWS does not know these credentials; sign in again, or set AWS_PROFILE',
  InvalidClientTokenId: 'AWS does not know these credentials; sign in again, or set AWS_PROFILE',
  UnrecognizedClientException: 'AWS does not know these credentials; sign in again, or set AWS_PROFILE',
  SignatureDoesNotMatch: 'the secret key does not fit the access key; sign in again',
}

/** What to do about an AWS error, by its name. */
const advice: Readonly<Record<string, string>> = {
  ...credentialAdvice,
  NoSuchBucket: 'there is no such bucket; give another name, or another stack with --stack',
  PermanentRedirect: 'the bucket is in another region; set AWS_REGION',
  AccessDenied: 'these credentials may not; sign in with a role that may (models are written by those that modelOperators names in cdk/)',
  AccessDeniedException: 'these credentials may not; sign in with a role that may',
}

/**
 * An AWS client's error as one line that says what to do; errors of ours pass as they are.
 *
 * @example throw toStoreFailure('bucket models-1', error)
 */
export function toStoreFailure(place: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause
  const { name, message, code } = cause as Error & { readonly code?: string }
  if (/region is missing/i.test(message)) {
    return new MillraceError('ARGUMENT_INVALID', `${place}: no AWS region is set; set AWS_REGION`, { cause })
  }
  return new MillraceError('STORE_FAILED', `${place}: ${advice[name] ?? (message || code || name)}`, { cause })
}

/** The store, whose failures say what to do. */
export function tellingStore(bucket: string, store: ObjectStore): ObjectStore {
  const told = tellAt(`bucket ${bucket}`)
  return {
    get: key => told(store.get(key)),
    put: (key, body) => told(store.put(key, body)),
    putIf: (key, body, etag) => told(store.putIf(key, body, etag)),
    list: (prefix, span) => told(store.list(prefix, span)),
  }
}

/** The state table, whose failures say what to do. */
export function tellingState(table: string, store: StateStore): StateStore {
  const told = tellAt(`table ${table}`)
  return {
    read: places => told(store.read(places)),
    readAfter: (log, number) => told(store.readAfter(log, number)),
    readLast: log => told(store.readLast(log)),
    append: item => told(store.append(item)),
    put: items => told(store.put(items)),
    expire: (places, atSec) => told(store.expire(places, atSec)),
  }
}

function tellAt(place: string): <T>(work: Promise<T>) => Promise<T> {
  return async work => {
    try {
      return await work
    } catch (cause) {
      throw toStoreFailure(place, cause)
    }
  }
}
