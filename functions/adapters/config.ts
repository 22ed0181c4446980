import { MillraceError } from '#models/errors.ts'

/** The settings that a function may be given through its environment. */
export type ConfigName =
  | 'ALERTS_TOPIC_ARN'
  | 'ARCHIVE_BUCKET'
  | 'CLUSTER_ARN'
  | 'COUNTERS_TABLE'
  | 'HTTP_PATHS'
  | 'KAFKA_AUTH'
  | 'KAFKA_COMPRESSION'
  | 'MODEL_BUCKET'
  | 'PREDICTIONS_TABLE'
  | 'SPARK_APPLICATION_ID'
  | 'SPARK_MODULES_URI'
  | 'SPARK_ROLE_ARN'
  | 'SPARK_SCRIPT_URI'
  | 'STATE_TABLE'
  | 'WAITING_TABLE'

/**
 * Reads the settings that a function needs; one that is missing or empty is refused by name.
 *
 * @throws MillraceError ENVIRONMENT_INVALID
 * @example const { MODEL_BUCKET } = readConfig(['MODEL_BUCKET'])
 */
export function readConfig<Name extends ConfigName>(names: readonly Name[]): Record<Name, string> {
  const missing = names.filter(name => !process.env[name])
  if (missing.length > 0) {
    throw new MillraceError('ENVIRONMENT_INVALID', `the environment must set ${missing.join(', ')}; the stack does so in cdk/`)
  }
  return Object.fromEntries(names.map(name => [name, process.env[name]])) as Record<Name, string>
}
