import type { DestinationClients } from '../localstack/event-source/destinations.ts'
import type { Failure, Observed } from './checks/event-source-scenario.ts'

/** Clients of on-failure destinations that keep what they are given, in its order. */
export function collectingClients(): { readonly clients: DestinationClients; failures(): Observed['failures'] } {
  const kept: { to: string; key?: string | null; body: Failure }[] = []
  return {
    failures: () => kept,
    clients: {
      sendToQueue: async (queueArn, body) => void kept.push({ to: queueArn, body: JSON.parse(body) }),
      publish: async (topicArn, body) => void kept.push({ to: topicArn, body: JSON.parse(body) }),
      putObject: async (bucket, key, body) => void kept.push({ to: `${bucket}/${key}`, body: JSON.parse(body) }),
      produce: async (topic, messages) => {
        for (const { key, value } of messages) kept.push({ to: topic, key: key?.toString() ?? null, body: JSON.parse(value) })
      },
    },
  }
}
