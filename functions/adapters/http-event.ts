import { MillraceError } from '#models/errors.ts'

/** What a function needs of a request of API Gateway's HTTP API, payload format 2.0. */
export interface HttpRequest {
  /** The last part of the path, without slashes. */
  readonly path: string
  readonly body: Uint8Array
}

/**
 * Reads the event of an HTTP API.
 *
 * @throws MillraceError EVENT_INVALID for anything else
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function toHttpRequest(event: unknown): HttpRequest {
  const { version, rawPath, body, isBase64Encoded } = (event ?? {}) as Readonly<Record<string, unknown>>
  if (version !== '2.0' || typeof rawPath !== 'string') {
    throw new MillraceError('EVENT_INVALID', `the event must be of an HTTP API, payload format 2.0, got version ${JSON.stringify(version)}`)
  }
  const text = typeof body === 'string' ? body : ''
  return {
    path: rawPath.split('/').findLast(part => part !== '') ?? '',
    body: Buffer.from(text, isBase64Encoded === true ? 'base64' : 'utf8'),
  }
}

/** The answer as an HTTP API takes it. */
export function toHttpResponse({ statusCode, body }: { readonly statusCode: number; readonly body: unknown }) {
  return { statusCode, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body: JSON.stringify(body) }
}
