import { Kafka, logLevel } from 'kafkajs'

/** Whether a Kafka broker answers a client there: a port that is open may belong to anything. */
export async function answersKafka(brokers: string): Promise<boolean> {
  const client = new Kafka({ brokers: brokers.split(','), connectionTimeout: 3_000, retry: { retries: 0 }, logLevel: logLevel.NOTHING })
  const admin = client.admin()
  try {
    await admin.connect()
    return (await admin.describeCluster()).brokers.length > 0
  } catch {
    return false
  } finally {
    await admin.disconnect()
  }
}
