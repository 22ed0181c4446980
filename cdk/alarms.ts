import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Aws, Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { HttpStep } from './http-step.ts'
import type { KafkaStep } from './kafka-step.ts'
import { type BatchMetrics, countMetric, lagOf, mappingMetric, stepMetric } from './metrics.ts'
import { prices } from './prices.ts'
import type { ScheduledStep } from './scheduled-step.ts'
import type { Settings } from './setting-table.ts'
import { faultCounts, toId } from './steps.ts'

type AnyStep = HttpStep | KafkaStep | ScheduledStep

const fiveMinutes = Duration.minutes(5)
const metricsPerAlarm = 10 // CloudWatch's limit of an expression

/** What becomes of records that Lambda gives up, by the metric that counts them. */
const givenUp = [
  {
    id: 'PutAside',
    metricName: 'OnFailureDestinationDeliveredEventCount',
    about: "records were given up and lie in the bucket of failures; mend the cause, then 'millrace redrive --from failures'",
  },
  {
    id: 'Dropped',
    metricName: 'DroppedEventCount',
    about: 'records were given up and the bucket of failures did not take them: they are in their topic alone, until that deletes them',
  },
] as const

/** Every alarm of the stack, told to one topic when it rings and when it is over. Thresholds are settings. */
export class Alarms extends Construct {
  readonly all: cloudwatch.Alarm[] = []
  readonly #topic: Topic
  readonly #settings: Settings

  constructor(scope: Construct, id: string, topic: Topic, settings: Settings) {
    super(scope, id)
    this.#topic = topic
    this.#settings = settings
    // The policy that demands TLS takes the place of the default one, under which alarms of the account may publish
    topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
    )
    if (settings.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(settings.alarmEmail))
  }

  /** Failing: whoever sends gets no answer, or 503. */
  watchHttpStep({ row, step }: HttpStep): void {
    this.add(`${toId(row.name)}Errors`, `${row.name} fails; what it did not accept, its callers send again`, {
      metric: step.function.metricErrors({ period: fiveMinutes, statistic: 'Sum' }),
      threshold: this.#settings.alarmErrorsAtLeast,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    })
  }

  /** Behind, as Lambda counts it: only while the function reads, so a mapping that reads nothing does not ring. */
  watchLag({ row, step }: KafkaStep): void {
    this.add(`${toId(row.name)}Lag`, `${row.name} is behind its topics`, {
      metric: lagOf(step),
      threshold: this.#settings.alarmLagRecords,
      evaluationPeriods: 3,
    })
  }

  /** Failing, rejecting. */
  watchKafkaStep({ row, step }: KafkaStep, { records, rejected, accepted }: BatchMetrics): void {
    const { alarmErrorsAtLeast, alarmRejectedRatio } = this.#settings
    this.add(`${toId(row.name)}Errors`, `${row.name} fails; its records come again, and its partitions wait`, {
      metric: step.function.metricErrors({ period: fiveMinutes, statistic: 'Sum' }),
      threshold: alarmErrorsAtLeast,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    })
    if (!rejected) return
    this.add(`${toId(row.name)}Rejected`, `${row.name} rejects more of its records than usual; read the topic rejected`, {
      metric: new cloudwatch.MathExpression({
        ...(accepted
          ? { expression: 'IF(accepted + rejected > 0, rejected / (accepted + rejected), 0)', usingMetrics: { accepted, rejected } }
          : { expression: 'IF(records > 0, rejected / records, 0)', usingMetrics: { records, rejected } }),
        period: fiveMinutes,
        label: 'rejected ratio',
      }),
      threshold: alarmRejectedRatio,
      evaluationPeriods: 3,
    })
  }

  /** What may never be: a count of a step that is not 0. */
  watchFaultCounts(steps: readonly (KafkaStep | ScheduledStep)[], pipeline: string): void {
    for (const { step, count, about, ...named } of faultCounts) {
      if (!steps.some(({ row }) => row.name === step)) continue
      this.add(`${toId(step)}${toId(count)}`, about, {
        metric: 'metric' in named ? stepMetric(step, pipeline, named.metric) : countMetric(step, pipeline, count),
        threshold: 0,
      })
    }
  }

  /** The bucket of failures: records that Lambda put there, and those that did not even arrive. */
  watchFailures(steps: readonly KafkaStep[]): void {
    const mappings = steps.flatMap(({ reads }) => reads.map(({ mapping }) => mapping))
    for (const { id, metricName, about } of givenUp) {
      for (const [nth, group] of toGroups(mappings).entries()) {
        const usingMetrics = Object.fromEntries(group.map((mapping, at) => [`m${at}`, mappingMetric(mapping, metricName)]))
        const expression = Object.keys(usingMetrics)
          .map(name => `FILL(${name}, 0)`)
          .join(' + ')
        this.add(`${id}${toSuffix(nth)}`, about, {
          metric: new cloudwatch.MathExpression({ expression, usingMetrics, period: fiveMinutes, label: 'records' }),
          threshold: 0,
        })
      }
    }
  }

  /** Failed, or silent: a clock that no longer ticks raises no error. */
  watchScheduledStep({ row, step, every }: ScheduledStep): void {
    this.add(`${toId(row.name)}Failed`, `${row.name} failed; its log says why, and the turn is in its queue of dead letters`, {
      metric: step.function.metricErrors({ period: fiveMinutes, statistic: 'Sum' }),
      threshold: 0,
    })
    const { alarmSilentTurns: turns } = this.#settings
    const periodSec = Math.min(Math.ceil(every.toSeconds() / 60) * 60, 86_400)
    const periods = Math.ceil((turns * every.toSeconds()) / periodSec)
    // CloudWatch looks back seven days at most; a clock slower than that is not watched
    if (periods * periodSec > 7 * 86_400 || (periodSec < 3_600 && periods * periodSec > 86_400)) return
    this.add(`${toId(row.name)}Silent`, `${row.name} is silent: it has not run for ${turns} turns`, {
      metric: step.function.metricInvocations({ period: Duration.seconds(periodSec), statistic: 'Sum' }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    })
  }

  /**
   * The cost guard: what the functions ran in a day, in US dollars. It sees a loop of retries within the day, without waiting for the bill;
   * brokers, pollers and tables are not in it.
   */
  watchCost(steps: readonly AnyStep[]): void {
    const { alarmUsdPerDay, architecture } = this.#settings
    for (const [nth, group] of toGroups(steps).entries()) {
      const usdPerMs = ({ row }: AnyStep) => (prices.lambda.gbSecond[architecture] * row.memoryMb) / 1_024 / 1_000
      this.add(`CostGuard${toSuffix(nth)}`, `the functions cost more than ${alarmUsdPerDay} dollars in a day`, {
        metric: new cloudwatch.MathExpression({
          expression: group.map((step, at) => `FILL(m${at}, 0) * ${usdPerMs(step).toFixed(15)}`).join(' + '),
          usingMetrics: Object.fromEntries(
            group.map(({ step }, at) => [`m${at}`, step.function.metricDuration({ period: Duration.days(1), statistic: 'Sum' })]),
          ),
          period: Duration.days(1),
          label: 'dollars a day',
        }),
        threshold: alarmUsdPerDay,
      })
    }
  }

  /** An alarm that rings above its threshold within one period, and not where data is missing, unless `props` say otherwise. */
  add(
    id: string,
    description: string,
    props: Omit<cloudwatch.AlarmProps, 'evaluationPeriods'> & { readonly evaluationPeriods?: number },
  ): cloudwatch.Alarm {
    const alarm = new cloudwatch.Alarm(this, id, {
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      evaluationPeriods: 1,
      alarmDescription: description,
      ...props,
    })
    const action = new SnsAction(this.#topic)
    alarm.addAlarmAction(action)
    alarm.addOkAction(action)
    this.all.push(alarm)
    return alarm
  }
}

/** As many metrics as one alarm may read. */
export function toGroups<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / metricsPerAlarm) }, (_, nth) =>
    items.slice(nth * metricsPerAlarm, (nth + 1) * metricsPerAlarm),
  )
}

/** The first of several alarms has no number. */
export const toSuffix = (nth: number) => (nth === 0 ? '' : nth + 1)
