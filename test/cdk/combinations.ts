import { existingArn, flights, withInputs } from './template.ts'

const inVpc = { vpcId: 'vpc-0a1b2c3d', subnetIds: 'subnet-0a1b2c3d,subnet-1a2b3c4d,subnet-2a3b4c5d' }
const existing = { cluster: existingArn, ...inVpc, securityGroupIds: 'sg-0a1b2c3d' }
const tokens = { collect: 'jwt', jwtIssuer: 'https://issuer.example.com', jwtAudience: 'millrace', httpLabels: 'on' }

/** Settings, with the definition they are for: those of `npm run synth`, and more that between them make every kind of resource. */
export const combinations = {
  provisioned: { context: {}, pipeline: flights },
  'provisioned-arm64': { context: { architecture: 'arm64' }, pipeline: flights },
  serverless: { context: { cluster: 'serverless' }, pipeline: flights },
  'serverless-arm64': { context: { cluster: 'serverless', architecture: 'arm64' }, pipeline: flights },
  existing: { context: existing, pipeline: flights },
  'existing-arm64-public': { context: { cluster: existingArn, brokerAccess: 'public', architecture: 'arm64' }, pipeline: flights },
  'existing-given': { context: { ...existing, topics: 'given', kafkaAuth: 'none' }, pipeline: flights },
  'on-demand-two-zones-inputs': { context: { pollers: 'on-demand', onFailure: 's3', zones: '2' }, pipeline: withInputs },
  'reserved-delete-nat-jwt': {
    context: {
      concurrency: 'reserved',
      alarmEmail: 'ops@example.com',
      archiveKeepDays: '400',
      onDestroy: 'delete',
      natGateways: '1',
      ...tokens,
    },
    pipeline: flights,
  },
  'given-vpc': { context: inVpc, pipeline: flights },
} as const
