import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { Kafka, logLevel } from 'kafkajs'
import { MillraceError } from '#models/errors.ts'

/** How a client proves itself to the brokers: MSK's IAM over TLS, or not at all, as on one machine. */
export type KafkaAuth = 'iam' | 'none'

/** Requests end within 30 s, so none that was sent in time is under way when the broker ends the session. */
const requestTimeoutMs = 30_000
const reauthenticateAheadMs = 60_000

/**
 * The region that an ARN names. A cluster lives in that one, whatever the environment says.
 *
 * @throws MillraceError ARGUMENT_INVALID for what is no ARN of an MSK cluster
 * @example regionOfCluster('arn:aws:kafka:eu-central-1:111122223333:cluster/demo/0000-1') // 'eu-central-1'
 */
export function regionOfCluster(clusterArn: string): string {
  const region = /^arn:aws[\w-]*:kafka:([a-z0-9-]+):\d{12}:cluster\/[^/]+\/[^/]+$/.exec(clusterArn)?.[1]
  if (region !== undefined) return region
  const wanted = 'arn:aws:kafka:<region>:<account>:cluster/<name>/<id>'
  throw new MillraceError('ARGUMENT_INVALID', `a cluster's ARN must be ${wanted}, got ${clusterArn}`)
}

/** The region that MSK's own broker names hold; undefined for other names. @example regionOfBrokers('b-1.demo.c2.kafka.eu-west-1.amazonaws.com:9098') // 'eu-west-1' */
export function regionOfBrokers(brokers: string): string | undefined {
  return /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?(?::|,|$)/.exec(brokers)?.[1]
}

/**
 * An MSK client of the cluster's region, that gives up on a call after 10 s: its own default is to wait for ever.
 *
 * With KAFKA_API=dual-stack it calls MSK by the name that an endpoint of aws.api.<region>.kafka-api answers to; an emulator has no such name.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/privatelink-vpc-endpoints.html
 */
export function mskClient(clusterArn: string): KafkaClient {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KAFKA, KAFKA_API } = process.env
  return new KafkaClient({
    region: regionOfCluster(clusterArn),
    requestHandler: { requestTimeout: 10_000, connectionTimeout: 5_000 },
    useDualstackEndpoint: KAFKA_API === 'dual-stack' && !AWS_ENDPOINT_URL && !AWS_ENDPOINT_URL_KAFKA,
  })
}

/**
 * The brokers of an MSK cluster as `host:port,…`, for the given way of authentication: those that answer inside its VPC, or with
 * BROKER_ACCESS=public those of its public access.
 *
 * @throws MillraceError SERVER_FAILED where the cluster offers none; the client's own errors pass through
 */
export async function findBrokers(clusterArn: string, auth: KafkaAuth, client = mskClient(clusterArn)): Promise<string> {
  const answer = await client.send(new GetBootstrapBrokersCommand({ ClusterArn: clusterArn }))
  const isPublic = process.env.BROKER_ACCESS === 'public'
  const withIam = isPublic ? answer.BootstrapBrokerStringPublicSaslIam : answer.BootstrapBrokerStringSaslIam
  const brokers = auth === 'iam' ? withIam : answer.BootstrapBrokerString
  if (brokers) return brokers
  const offer = `cluster ${clusterArn} offers no ${isPublic ? 'public ' : ''}brokers for authentication '${auth}'`
  throw new MillraceError('SERVER_FAILED', isPublic ? `${offer}; turn its public access on, or deploy with vpcId` : offer)
}

/**
 * A kafkajs client, silent: what its own retries cannot mend is thrown, and what they can is no news.
 *
 * With `iam` the certificate of every broker is verified, whatever NODE_TLS_REJECT_UNAUTHORIZED says. kafkajs signs in again on an open
 * connection ahead of the end of the session that the broker named, before its next request: each time with a new token.
 *
 * @example connectKafka(await findBrokers(clusterArn, 'iam'), 'iam', regionOfCluster(clusterArn))
 */
export function connectKafka(brokers: string, auth: KafkaAuth, region = regionOfBrokers(brokers)): Kafka {
  return new Kafka({
    clientId: 'millrace',
    brokers: brokers.split(','),
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    reauthenticationThreshold: reauthenticateAheadMs,
    requestTimeout: requestTimeoutMs,
    retry: { initialRetryTime: 100, retries: 6, maxRetryTime: 5_000 },
    logLevel: logLevel.NOTHING,
    ...(auth === 'iam'
      ? { ssl: { rejectUnauthorized: true }, sasl: { mechanism: 'oauthbearer', oauthBearerProvider: () => signIamToken(region) } }
      : {}),
  })
}

/**
 * A new token of 15 minutes from the credentials at hand: signed here, without a call to AWS, by a signer that is loaded only where needed.
 *
 * @throws MillraceError ENVIRONMENT_INVALID where neither the brokers' names nor the environment hold the region; the credential chain's
 * own error where there are no credentials
 */
export async function signIamToken(region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION): Promise<{ readonly value: string }> {
  if (!region) {
    throw new MillraceError('ENVIRONMENT_INVALID', "the brokers' names do not hold the region to sign for; set AWS_REGION")
  }
  const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js')
  return { value: (await generateAuthToken({ region })).token }
}
