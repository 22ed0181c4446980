import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { IDependable } from 'constructs'
import type { TopicKind } from '#models/topics.ts'
import { type Alarms, toGroups, toSuffix } from './alarms.ts'
import type { KafkaStep } from './kafka-step.ts'
import { type ClusterPart, clusterMetric } from './metrics.ts'
import type { Settings } from './setting-table.ts'
import { toId } from './steps.ts'

/** A cluster that the stack makes, by its name. */
interface Watched {
  readonly clusterName: string
  /** What must be there before silence means something. */
  readonly cluster: IDependable
}

const { BREACHING } = cloudwatch.TreatMissingData

/** Every broker counts for itself; the alarm goes by the worst. */
const ofBrokers = [
  {
    metricName: 'KafkaDataLogsDiskUsed',
    threshold: 85,
    evaluationPeriods: 1,
    about: 'the disk of a broker is 85 % full; raise brokerDiskGbAtMost or brokerDiskGb, or have topics keep records for a shorter time',
  },
  {
    metricName: 'UnderMinIsrPartitionCount',
    threshold: 0,
    evaluationPeriods: 1,
    about: 'partitions have fewer copies than a record needs: nothing can be written to them until brokers are back',
  },
  {
    metricName: 'UnderReplicatedPartitions',
    threshold: 0,
    evaluationPeriods: 3, // a broker that MSK patches is back before
    about: 'partitions lack a copy: a broker is away or does not keep up',
  },
] as const

/**
 * Alarms of AWS's own list for every cluster of standard brokers.
 *
 * Silence is an illness of the whole: a cluster that lives names its controller every minute, so no data about it rings. A broker that says
 * nothing is away, which the partitions that it leaves short say for it.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html
 */
export function watchBrokers(alarms: Alarms, { clusterName, cluster }: Watched, { brokerCount }: Pick<Settings, 'brokerCount'>): void {
  const metricOf = (part: ClusterPart) => clusterMetric(clusterName, part)
  const brokers = Array.from({ length: brokerCount }, (_, at) => at + 1)
  for (const { metricName, about, ...limits } of ofBrokers) {
    for (const [nth, group] of toGroups(brokers).entries()) {
      const usingMetrics = Object.fromEntries(group.map(broker => [`b${broker}`, metricOf({ metricName, broker })]))
      const filled = Object.keys(usingMetrics).map(name => `FILL(${name}, 0)`)
      const metric = new cloudwatch.MathExpression({
        expression: `MAX([${filled.join()}])`,
        usingMetrics,
        label: metricName,
      })
      alarms.add(`${metricName}${toSuffix(nth)}`, about, { metric, ...limits })
    }
  }
  alarms.add('OfflinePartitions', 'partitions have no leader: they can be neither written nor read', {
    metric: metricOf({ metricName: 'OfflinePartitionsCount' }),
    threshold: 0,
  })
  const controller = alarms.add('ClusterSilent', 'the cluster names no controller, or says nothing at all', {
    metric: metricOf({ metricName: 'ActiveControllerCount' }),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 3,
    treatMissingData: BREACHING,
  })
  controller.node.addDependency(cluster)
}

/** Topics of a pipeline in use that always have records. The others may be empty for weeks: labels come late, tables seldom change. */
const alwaysInUse: readonly TopicKind[] = ['events', 'features', 'predictions']

/**
 * How far a step is behind, by topic, as the brokers see it: also where Lambda reads nothing, and so counts nothing.
 *
 * MSK tells no lag of a group that has never read, or that does not settle. Where records always come, that is a mapping which cannot
 * connect or is disabled, so missing data rings; a new stack rings until its first records have come.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/consumer-lag.html
 */
export function watchGroups(
  alarms: Alarms,
  { clusterName }: Watched,
  step: KafkaStep,
  { alarmLagSec }: Pick<Settings, 'alarmLagSec'>,
): void {
  for (const { topic, group, mapping } of step.reads) {
    const alarm = alarms.add(
      `${toId(step.row.name)}Lag${toId(topic.suffix)}`,
      `${step.row.name} is behind ${topic.name}, or does not read it`,
      {
        metric: clusterMetric(clusterName, { metricName: 'EstimatedMaxTimeLag', group, topic: topic.name }),
        threshold: alarmLagSec,
        evaluationPeriods: 3,
        ...(alwaysInUse.includes(topic.kind) && { treatMissingData: BREACHING }),
      },
    )
    alarm.node.addDependency(mapping)
  }
}
