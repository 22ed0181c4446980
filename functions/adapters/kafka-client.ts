import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { Kafka, logLevel } from 'kafkajs'
import { MillraceError } from '#models/errors.ts'

/** How a client proves itself to the brokers: MSK's IAM over TLS, or not at all, as on one machine. */
export type KafkaAuth = 'iam' | 'none'

/**
 * The brokers of an MSK cluster as `host:port,…`, for the given way of authentication.
 *
 * @throws MillraceError SERVER_FAILED where the cluster offers none
 */
export async function findBrokers(clusterArn: string, auth: KafkaAuth, client = new KafkaClient()): Promise<string> {
  const answer = await client.send(new GetBootstrapBrokersCommand({ ClusterArn: clusterArn }))
  const brokers = auth === 'iam' ? answer.BootstrapBrokerStringSaslIam : answer.BootstrapBrokerString
  if (!brokers) throw new MillraceError('SERVER_FAILED', `cluster ${clusterArn} offers no brokers for authentication '${auth}'`)
  return brokers
}

/** A kafkajs client; its log goes to standard error, warnings and errors only. */
export function connectKafka(brokers: string, auth: KafkaAuth): Kafka {
  return new Kafka({
    clientId: 'millrace',
    brokers: brokers.split(','),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, retries: 6, maxRetryTime: 5_000 },
    logLevel: logLevel.ERROR,
    ...(auth === 'iam' ? { ssl: true, sasl: { mechanism: 'oauthbearer', oauthBearerProvider: signIamToken } } : {}),
  })
}

/** A token of 15 minutes from the function's role; the signer is loaded only where it is needed. */
async function signIamToken() {
  const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js')
  const { token } = await generateAuthToken({ region: process.env.AWS_REGION ?? 'us-east-1' })
  return { value: token }
}
