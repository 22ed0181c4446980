/** An AWS call as it passes the proxy, and what little is wanted of it. */
export interface AwsCall {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** DynamoDB's operation; undefined for another service. */
  readonly dynamoOperation: string | undefined
  readonly body: Buffer
}

/** Another answer than the service's own. */
export interface AwsAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** What is done to a call; undefined lets it pass. */
export type Disturbance =
  /** The service never sees it. */
  | { readonly kind: 'answer'; readonly answer: AwsAnswer }
  /** The connection breaks: `isDone` says whether after the service has done it, or before. */
  | { readonly kind: 'drop'; readonly isDone: boolean; readonly afterMs: number }
  /** The service gets another body, and its answer is changed. */
  | { readonly kind: 'change'; readonly body: string; readonly toAnswer: (answer: string) => string }

/** Asked once for each call. */
export type Disturb = (call: AwsCall) => Disturbance | undefined

const dynamoPrefix = 'DynamoDB_20120810.'

export function toAwsCall(method: string, path: string, target: string | undefined, body: Buffer): AwsCall {
  const dynamoOperation = target?.startsWith(dynamoPrefix) ? target.slice(dynamoPrefix.length) : undefined
  return { method, path, dynamoOperation, body }
}

/** An error as S3 says it. */
export function toS3Error(status: number, code: string): AwsAnswer {
  return {
    status,
    type: 'application/xml',
    body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>fault</Message></Error>`,
  }
}

/** An error as DynamoDB says it. */
export function toDynamoError(status: number, code: string, message = 'fault'): AwsAnswer {
  const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message })
  return { status, type: 'application/x-amz-json-1.0', body }
}
