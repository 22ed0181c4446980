/** The suffixes of the topics that every pipeline has; the full name is `<pipeline>.<suffix>`. */
export const topicSuffixes = ['events', 'labels', 'features', 'predictions', 'feedback', 'rejected'] as const

export type TopicSuffix = (typeof topicSuffixes)[number]

/** What a topic holds: of an input rows of a table, of which a key's latest counts, or records of a stream. */
export type TopicKind = TopicSuffix | 'table' | 'stream'

/** A topic of a pipeline. */
export interface PipelineTopic {
  readonly name: string
  /** The name's last part: one that every pipeline has, or the name of an input. */
  readonly suffix: string
  readonly kind: TopicKind
  /** Whether windows or joins keep something of its records. */
  readonly feedsWindows: boolean
  /** Whether the online layer learns from it. */
  readonly feedsLayer: boolean
}

/** The part of a pipeline that decides which topics it has. */
export interface Topology {
  readonly name: string
  readonly inputs: readonly { readonly name: string; readonly isTable: boolean }[]
  readonly windows:
    | { readonly sources: readonly { readonly name: string; readonly rings: readonly unknown[]; readonly joins: readonly unknown[] }[] }
    | undefined
  readonly layer?: object | undefined
}

/**
 * The full name of a topic that every pipeline has.
 *
 * @example topicName('flights', 'events') // 'flights.events'
 */
export function topicName(pipeline: string, suffix: TopicSuffix): string {
  return `${pipeline}.${suffix}`
}

/**
 * Every topic of a pipeline: those that all have, then one for each input of the definition.
 *
 * @example topicsOf(pipeline).map(({ name }) => name) // ['payments.events', …, 'payments.limits']
 */
export function topicsOf({ name, inputs, windows, layer }: Topology): PipelineTopic[] {
  const kept = (windows?.sources ?? []).filter(({ rings, joins }) => rings.length > 0 || joins.length > 0)
  const toTopic = (suffix: string, kind: TopicKind): PipelineTopic => {
    const feedsWindows = kept.some(source => source.name === suffix)
    return { name: `${name}.${suffix}`, suffix, kind, feedsWindows, feedsLayer: kind === 'feedback' && layer !== undefined }
  }
  return [
    ...topicSuffixes.map(suffix => toTopic(suffix, suffix)),
    ...inputs.map(input => toTopic(input.name, input.isTable ? 'table' : 'stream')),
  ]
}

/** Whether the step archive keeps a topic's records: of inputs all. */
export function isArchived({ kind }: Pick<PipelineTopic, 'kind'>): boolean {
  return kind !== 'features' && kind !== 'rejected'
}

/** A path over HTTP that takes records, and the topic that they go to. */
export interface HttpPath {
  readonly path: string
  readonly topic: PipelineTopic
  /** Whether what it takes are keys of a table, whose rows it takes away. */
  readonly removes: boolean
}

/**
 * Every path over HTTP that a pipeline could offer: events, labels, each input, and for a table one more that takes rows away. The name of
 * an input holds no dot, so no two paths are the same.
 *
 * @example httpPathsOf(topicsOf(pipeline)).map(({ path }) => path) // ['events', 'labels', 'limits', 'limits.removals', 'logins']
 */
export function httpPathsOf(topics: readonly PipelineTopic[]): HttpPath[] {
  return topics.flatMap((topic): HttpPath[] => {
    const taking = { path: topic.suffix, topic, removes: false }
    switch (topic.kind) {
      case 'events':
      case 'labels':
      case 'stream':
        return [taking]
      case 'table':
        return [taking, { path: `${topic.suffix}.removals`, topic, removes: true }]
      default:
        return []
    }
  })
}
