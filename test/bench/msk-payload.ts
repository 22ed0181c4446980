const recordedAtMs = Date.UTC(2026, 10, 23)

/** Lambda's payload for a Kafka batch of one partition, as text. */
export function toPayload(
  topic: string,
  partition: number,
  firstOffset: number,
  rows: readonly { readonly key: string; readonly value: string }[],
): string {
  const records = rows.map(({ key, value }, at) => ({
    topic,
    partition,
    offset: firstOffset + at,
    timestamp: recordedAtMs,
    timestampType: 'CREATE_TIME',
    key: Buffer.from(key).toString('base64'),
    value: Buffer.from(value).toString('base64'),
    headers: [],
  }))
  const byPartition = { [`${topic}-${partition}`]: records }
  return JSON.stringify({ eventSource: 'aws:kafka', eventSourceArn: 'arn', bootstrapServers: 'b', records: byPartition })
}

/** The same of partition 0; `textOf` gives each record's JSON. */
export function fillPayload(topic: string, recordCount: number, textOf: (at: number) => string): string {
  const rows = Array.from({ length: recordCount }, (_, at) => ({ key: `key-${at}`, value: textOf(at) }))
  return toPayload(topic, 0, 0, rows)
}
