/** Lambda's payload for a Kafka batch of one partition, as text; `textOf` gives each record's JSON. */
export function fillPayload(topic: string, recordCount: number, textOf: (at: number) => string): string {
  const records = Array.from({ length: recordCount }, (_, offset) => ({
    topic,
    partition: 0,
    offset,
    timestamp: Date.UTC(2026, 10, 23),
    timestampType: 'CREATE_TIME',
    key: Buffer.from(`key-${offset}`).toString('base64'),
    value: Buffer.from(textOf(offset)).toString('base64'),
    headers: [],
  }))
  return JSON.stringify({ eventSource: 'aws:kafka', eventSourceArn: 'arn', bootstrapServers: 'b', records: { [`${topic}-0`]: records } })
}
