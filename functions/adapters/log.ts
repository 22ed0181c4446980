import { Logger } from '@aws-lambda-powertools/logger'

/** Fields of a log line; the fixed names are step, topic, partition, offset, modelVersion, reason, code. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

const logger = new Logger({ serviceName: 'millrace' })

/** Writes one line of JSON to the function's log, which CloudWatch can query by field; its message is the step's name. */
export function log({ step, ...fields }: LogFields & { readonly step: string }): void {
  logger.info(step, { step, ...fields })
}

/** The same for what failed, with the error's stack. */
export function logError({ step, ...fields }: LogFields & { readonly step: string }, error: unknown): void {
  logger.error(step, { step, ...fields, error: error instanceof Error ? error : new Error(String(error)) })
}
