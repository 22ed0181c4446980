import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Match } from 'aws-cdk-lib/assertions'
import { metricNamespace, toMetricName } from '#functions/adapters/metrics.ts'
import { httpSteps, kafkaSteps, scheduledSteps } from '../../cdk/steps.ts'
import { existingArn, resourcesOf, synthesize } from './template.ts'

const template = synthesize({ cluster: existingArn })
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties)
const aboutOf = (text: RegExp) => alarms.filter(({ AlarmDescription }) => text.test(String(AlarmDescription)))

describe('the alarms', () => {
  for (const { name, writes } of kafkaSteps) {
    it(`ring when ${name} is behind, fails${writes.includes('rejected') ? ' or rejects' : ''}`, () => {
      assert.equal(aboutOf(new RegExp(`^${name} is behind`))[0].Threshold, 100_000)
      assert.equal(aboutOf(new RegExp(`^${name} fails`))[0].Threshold, 3)
      assert.equal(aboutOf(new RegExp(`^${name} rejects`)).length, writes.includes('rejected') ? 1 : 0)
    })
  }
  for (const { name } of httpSteps) {
    it(`ring when ${name} fails`, () => {
      assert.equal(aboutOf(new RegExp(`^${name} fails`))[0].Threshold, 3)
    })
  }
  for (const { name, everyMinutes = 60 } of scheduledSteps) {
    it(`ring when ${name} fails or falls silent`, () => {
      assert.equal(aboutOf(new RegExp(`^${name} failed`)).length, 1)
      const [silent] = aboutOf(new RegExp(`^${name} is silent`))
      assert.deepEqual([silent.Period, silent.EvaluationPeriods, silent.TreatMissingData], [everyMinutes * 60, 2, 'breaching'])
    })
  }
  it('ring when Lambda puts records aside, and when it cannot even do that, whichever mapping it was', () => {
    for (const [about, metricName] of [
      [
        /^records were given up and lie in the bucket of failures; .*'millrace redrive --from failures'/,
        'OnFailureDestinationDeliveredEventCount',
      ],
      [/^records were given up and the bucket of failures did not take them/, 'DroppedEventCount'],
    ] as const) {
      const ids = aboutOf(about).flatMap(({ Threshold, ComparisonOperator, Period, Metrics }) => {
        assert.deepEqual([Threshold, ComparisonOperator, Period], [0, 'GreaterThanThreshold', undefined])
        return (Metrics as { MetricStat?: { Metric: { MetricName: string; Dimensions: { Name: string; Value: { Ref: string } }[] } } }[])
          .flatMap(({ MetricStat }) => MetricStat ?? [])
          .map(({ Metric }) => {
            assert.equal(Metric.MetricName, metricName)
            assert.equal(Metric.Dimensions[0].Name, 'EventSourceMappingUUID')
            return Metric.Dimensions[0].Value.Ref
          })
      })
      assert.deepEqual(ids.sort(), Object.keys(template.findResources('AWS::Lambda::EventSourceMapping')).sort())
    }
  })
  for (const [step, count, about] of [
    ['deliver', 'refusedNotifications', /^deliver could not notify/],
    ['infer', 'unscoredWithChampion', /^infer writes predictions without a score although there is a champion/],
  ] as const) {
    it(`ring at any of ${count} of ${step} in five minutes`, () => {
      const [alarm] = aboutOf(about)
      assert.deepEqual(
        [
          alarm.Namespace,
          alarm.MetricName,
          alarm.Statistic,
          alarm.Period,
          alarm.EvaluationPeriods,
          alarm.Threshold,
          alarm.ComparisonOperator,
        ],
        [metricNamespace, toMetricName(count), 'Sum', 300, 1, 0, 'GreaterThanThreshold'],
      )
      assert.deepEqual(alarm.Dimensions, [
        { Name: 'pipeline', Value: 'flights' },
        { Name: 'service', Value: step },
      ])
    })
  }
  it('watch no bucket of failures where nothing is put there', () => {
    const none = synthesize({ cluster: existingArn, onFailure: 'none' })
    const texts = resourcesOf(none, 'AWS::CloudWatch::Alarm').map(({ Properties }) => String(Properties.AlarmDescription))
    assert.ok(!texts.some(text => text.startsWith('records were given up')))
  })
  it('ring when the functions cost more than the guard allows', () => {
    const [guard] = aboutOf(/cost more than 20 dollars/)
    assert.equal(guard.Threshold, 20)
    const metrics = guard.Metrics as { Expression?: string }[]
    assert.equal(
      metrics.filter(({ Expression }) => Expression === undefined).length,
      httpSteps.length + kafkaSteps.length + scheduledSteps.length,
    )
    // A function of 1,024 MB: 0.0000166667 dollars a second
    assert.match(metrics.find(({ Expression }) => Expression)?.Expression ?? '', /^FILL\(m0, 0\) \* 0\.000000016666700 \+ /)
  })
  it('tell one topic, when they begin and when they end', () => {
    for (const { AlarmActions, OKActions } of alarms) {
      assert.deepEqual(AlarmActions, OKActions)
      assert.match(JSON.stringify(AlarmActions), /StoresAlarmsTopic/)
    }
  })
  it('may publish there, though the policy demands TLS', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Action: 'sns:Publish', Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' } }),
        ]),
      },
    })
  })
  it('go by the thresholds of the settings', () => {
    const strict = synthesize({
      cluster: existingArn,
      alarmLagRecords: '5',
      alarmRejectedRatio: '0.2',
      alarmErrorsAtLeast: '1',
      alarmUsdPerDay: '7',
    })
    const thresholds = new Set(resourcesOf(strict, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.Threshold))
    for (const threshold of [5, 0.2, 1, 7]) assert.ok(thresholds.has(threshold), String(threshold))
  })
  it('write to an address where one is given', () => {
    synthesize({ cluster: existingArn, alarmEmail: 'ops@example.com' }).hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    })
  })
  it('look back a week at most: a slow clock is watched by its errors alone', () => {
    const slow = synthesize({ cluster: existingArn, retrainEvery: '5 days' })
    const descriptions = resourcesOf(slow, 'AWS::CloudWatch::Alarm').map(({ Properties }) => String(Properties.AlarmDescription))
    assert.ok(!descriptions.some(text => text.startsWith('retrain is silent')))
  })
  it('are not there where the setting says so', () => {
    const quiet = synthesize({ cluster: existingArn, alarms: 'off' })
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard']) quiet.resourceCountIs(type, 0)
  })
})

describe('the ratio of rejected records', () => {
  const expressionOf = (step: string) =>
    (aboutOf(new RegExp(`^${step} rejects`))[0].Metrics as { Expression?: string }[]).find(({ Expression }) => Expression)?.Expression
  it('of preprocess is among events: labels and inputs, of which it rejects none, leave it as it is', () => {
    assert.equal(expressionOf('preprocess'), 'IF(accepted + rejected > 0, rejected / (accepted + rejected), 0)')
  })
  it('of a step that judges all that comes is among all of it', () => {
    assert.equal(expressionOf('infer'), 'IF(records > 0, rejected / records, 0)')
  })
})

describe('the dashboard', () => {
  it('has a row for the alarms and one for each step, in the order of the data', () => {
    const [{ Properties }] = resourcesOf(template, 'AWS::CloudWatch::Dashboard')
    const body = JSON.stringify(Properties.DashboardBody)
    const order = [...body.matchAll(/\\"title\\":\\"([\w-]+)[:\\]/g)].map(([, title]) => title)
    assert.deepEqual([...new Set(order)], ['alarms', ...[...httpSteps, ...kafkaSteps, ...scheduledSteps].map(({ name }) => name)])
  })
})

describe('the metrics of batches', () => {
  it('are those that the steps write, by the same names', () => {
    const [rejects] = aboutOf(/^preprocess rejects/)
    const stats = (rejects.Metrics as { MetricStat?: { Metric: Record<string, unknown> } }[]).flatMap(({ MetricStat }) => MetricStat ?? [])
    assert.deepEqual(stats.map(({ Metric }) => Metric.MetricName).sort(), [toMetricName('accepted'), toMetricName('rejected')])
    for (const { Metric } of stats) {
      assert.equal(Metric.Namespace, metricNamespace)
      assert.deepEqual(Metric.Dimensions, [
        { Name: 'pipeline', Value: 'flights' },
        { Name: 'service', Value: 'preprocess' },
      ])
    }
  })
})
