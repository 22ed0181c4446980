import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { Duration, type Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { HttpStep } from './http-step.ts'
import type { KafkaStep } from './kafka-step.ts'
import { type BatchMetrics, lagOf } from './metrics.ts'
import type { ScheduledStep } from './scheduled-step.ts'
import type { StepFunction } from './step-function.ts'

const width = 6
const period = Duration.minutes(5)

/** One row a step, in the data's order: how much came, how far behind, how long it takes, what goes wrong; on top, the alarms. */
export class StackDashboard extends Construct {
  readonly #board: cloudwatch.Dashboard

  constructor(stack: Stack, id: string, alarms: readonly cloudwatch.Alarm[]) {
    super(stack, id)
    this.#board = new cloudwatch.Dashboard(this, 'Board', { dashboardName: stack.stackName, defaultInterval: Duration.hours(3) })
    this.#board.addWidgets(new cloudwatch.AlarmStatusWidget({ title: 'alarms', alarms: [...alarms], width: 4 * width, height: 3 }))
  }

  addHttpStep({ row, step }: HttpStep): void {
    this.#addRow(row.name, 'requests', step)
  }

  addKafkaStep({ row, step }: KafkaStep, { records, rejected }: BatchMetrics): void {
    this.#board.addWidgets(
      graph(`${row.name}: records`, rejected ? [records, rejected] : [records]),
      graph(`${row.name}: records behind`, [lagOf(step)]),
      duration(row.name, step),
      trouble(row.name, step),
    )
  }

  addScheduledStep({ row, step }: ScheduledStep): void {
    this.#addRow(row.name, 'runs', step)
  }

  #addRow(name: string, calls: string, step: StepFunction): void {
    const invocations = step.function.metricInvocations({ period, statistic: 'Sum' })
    this.#board.addWidgets(graph(`${name}: ${calls}`, [invocations]), duration(name, step), trouble(name, step))
  }
}

const graph = (title: string, left: cloudwatch.IMetric[]) => new cloudwatch.GraphWidget({ title, left, width, leftYAxis: { min: 0 } })

const duration = (name: string, { function: target }: StepFunction) =>
  graph(
    `${name}: duration`,
    ['p50', 'p99'].map(statistic => target.metricDuration({ period, statistic, label: statistic })),
  )

const trouble = (name: string, { function: target }: StepFunction) =>
  graph(`${name}: errors, throttles`, [
    target.metricErrors({ period, statistic: 'Sum' }),
    target.metricThrottles({ period, statistic: 'Sum' }),
  ])
