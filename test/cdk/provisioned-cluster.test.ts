import { describe, it } from 'node:test'
import { synthesize } from './template.ts'

const template = synthesize({})

describe('the provisioned cluster', () => {
  it('speaks TLS with IAM and nothing else', () => {
    template.hasResourceProperties('AWS::MSK::Cluster', {
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: false } },
      EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
    })
  })
  it('logs what its brokers say', () => {
    template.hasResourceProperties('AWS::MSK::Cluster', { LoggingInfo: { BrokerLogs: { CloudWatchLogs: { Enabled: true } } } })
  })
  it('runs Kafka in KRaft mode, of a line that the local run tests with', () => {
    template.hasResourceProperties('AWS::MSK::Cluster', { KafkaVersion: '4.1.x.kraft' })
  })
  it('shows the metrics of Kafka and of the machines to Prometheus', () => {
    template.hasResourceProperties('AWS::MSK::Cluster', {
      OpenMonitoring: { Prometheus: { JmxExporter: { EnabledInBroker: true }, NodeExporter: { EnabledInBroker: true } } },
    })
  })
  it('takes brokers of the wanted type, count and disk', () => {
    synthesize({ brokerType: 'kafka.m7g.xlarge', brokerCount: '6', brokerDiskGb: '500' }).hasResourceProperties('AWS::MSK::Cluster', {
      NumberOfBrokerNodes: 6,
      BrokerNodeGroupInfo: { InstanceType: 'kafka.m7g.xlarge', StorageInfo: { EBSStorageInfo: { VolumeSize: 500 } } },
    })
  })
  it('has a broker in each of three zones', () => {
    template.hasResourceProperties('AWS::MSK::Cluster', { NumberOfBrokerNodes: 3 })
    template.resourceCountIs('AWS::EC2::Subnet', 3)
  })
})
