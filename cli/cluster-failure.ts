import type { KafkaAuth } from '#functions/adapters/kafka-client.ts'
import { MillraceError } from '#models/errors.ts'
import { credentialAdvice } from './store-failure.ts'

/** What OpenSSL and Node say of a certificate that does not verify, by the error's code. */
const certificateCodes =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_CERT|UNABLE_TO_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/

type AnyError = Error & { readonly code?: string; readonly cause?: unknown; readonly originalError?: unknown }

/** An error and what caused it, outermost first; kafkajs keeps some of its causes as `originalError`. */
function* causesOf(error: unknown): Generator<AnyError> {
  for (let at = error as AnyError | undefined; at instanceof Error; at = (at.cause ?? at.originalError) as AnyError | undefined) yield at
}

/** What to do about one error of a chain; undefined where it says nothing to go by. */
function adviseOn({ name, code = '', message }: AnyError, place: string): string | undefined {
  if (Object.hasOwn(credentialAdvice, name)) return credentialAdvice[name]
  if (name === 'AccessDeniedException') return 'these credentials may not ask for the brokers; allow kafka:GetBootstrapBrokers'
  if (name === 'NotFoundException') return 'there is no such cluster in that account and region'
  if (certificateCodes.test(code)) {
    const [reason] = message.replace(/^Connection error: /, '').split(';') // Node adds advice of its own
    return `its TLS certificate does not verify (${reason}); nothing was sent. If a CA of your own signed it, set NODE_EXTRA_CA_CERTS to that CA's file`
  }
  if (name === 'KafkaJSSASLAuthenticationError') {
    return `the brokers refused to sign these credentials in (${message}); sign in again, or allow the role kafka-cluster:Connect`
  }
  if (/no answer within|Connection timeout|ETIMEDOUT/.test(`${code} ${message}`) && /amazonaws\.com|^arn:/.test(place)) {
    return `${message}; MSK's brokers answer only inside their VPC or where one is connected to it`
  }
  return undefined
}

/**
 * Why a cluster could not be reached, as one line that says what to do; errors of ours pass as they are.
 *
 * @example throw toClusterFailure('127.0.0.1:9092', 'none', error)
 */
export function toClusterFailure(place: string, auth: KafkaAuth, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause
  for (const error of causesOf(cause)) {
    if (error instanceof MillraceError) return error
    const advice = adviseOn(error, place)
    if (advice !== undefined) return new MillraceError('SERVER_FAILED', `${place}: ${advice}`, { cause })
  }
  const otherWay = place.startsWith('arn:') ? '; --brokers HOST:PORT names them without asking AWS' : ''
  const message = `no Kafka broker answers at ${place} with authentication '${auth}': ${(cause as Error).message}${otherWay}`
  return new MillraceError('SERVER_FAILED', message, { retryable: true, cause })
}
