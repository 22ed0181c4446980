import type { Kafka } from 'kafkajs'
import { topicName } from '#models/topics.ts'
import { readTopic, type TopicRecord } from '../../../cli/read-topic.ts'
import { runCommand } from '../../run-command.ts'
import type { PlannedRecord } from './plan.ts'

/** A record as it was sent or came back, as far as redrive promises that the two are the same. */
type Content = Pick<TopicRecord, 'key' | 'value' | 'headers'>

/** The last two headers of a record that was put back: `redrive` adds them. */
const redriveHeaders = ['millrace-redriven', 'millrace-attempts']

/**
 * Puts all rejections of events and labels back by `millrace redrive`, and looks for each that must be among what came back.
 *
 * Gives how many were put back, and the kinds of those that did not come back byte for byte; or what redrive said, where it failed.
 */
export async function checkRedrive(options: {
  readonly kafka: Kafka
  readonly brokers: string
  readonly pipelineName: string
  readonly archiveBucket: string
  readonly rejected: readonly PlannedRecord[]
}): Promise<{ readonly redriven: number; readonly changed: readonly string[] }> {
  const { kafka, brokers, pipelineName, archiveBucket, rejected } = options
  const topics = (['events', 'labels'] as const).map(suffix => topicName(pipelineName, suffix))
  const where = ['--brokers', brokers, '--archive-bucket', archiveBucket]
  const { exitCode, stdout, stderr } = await runCommand('redrive', '--from', 'rejected', '--topic', ...topics, ...where, '--json')
  if (exitCode !== 0) return { redriven: 0, changed: [`redrive ended with exit code ${exitCode}: ${stderr}${stdout}`] }
  const back: TopicRecord[] = []
  for (const topic of topics) {
    for await (const batch of readTopic({ kafka, topic })) back.push(...batch.filter(isRedriven))
  }
  return { redriven: (JSON.parse(stdout) as { readonly redriven: number }).redriven, changed: findChanged(rejected, back) }
}

function isRedriven({ headers }: Content): boolean {
  return headers.slice(-redriveHeaders.length).every(([name], at) => name === redriveHeaders[at]) && headers.length > 1
}

/** The kinds of those records that are not among what came back: each of them once, with the same bytes. */
export function findChanged(rejected: readonly PlannedRecord[], back: readonly Content[]): string[] {
  const counts = new Map<string, number>()
  for (const { key, value, headers } of back) {
    const text = toText({ key, value, headers: headers.slice(0, -redriveHeaders.length) })
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return rejected.flatMap(({ kind, record: { key = null, value = null, headers = [] } }) => {
    const text = toText({ key, value, headers })
    const left = counts.get(text) ?? 0
    counts.set(text, left - 1)
    return left > 0 ? [] : [kind]
  })
}

type Bytes = Buffer | string | null

/**
 * Two contents are the same where this text is. A header without a value reaches a step, and so its rejection, as an empty one; headers of one
 * name keep their order, but not among others (`functions/adapters/kafka-headers.ts`).
 */
function toText(content: { readonly key: Bytes; readonly value: Bytes; readonly headers: readonly (readonly [string, Bytes])[] }): string {
  const text = (bytes: Bytes) => (bytes === null ? null : Buffer.from(bytes).toString('base64'))
  const headers = content.headers.map(([name, value]) => [name, text(value ?? '')] as const)
  return JSON.stringify([text(content.key), text(content.value), headers.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))])
}
