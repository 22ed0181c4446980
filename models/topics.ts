/** The suffixes of a pipeline's topics; the full name is `<pipeline>.<suffix>`. */
export const topicSuffixes = ['events', 'labels', 'labels-waiting', 'features', 'predictions', 'feedback', 'rejected'] as const

export type TopicSuffix = (typeof topicSuffixes)[number]

/**
 * The full name of a pipeline's topic.
 *
 * @example topicName('flights', 'events') // 'flights.events'
 */
export function topicName(pipeline: string, suffix: TopicSuffix): string {
  return `${pipeline}.${suffix}`
}
