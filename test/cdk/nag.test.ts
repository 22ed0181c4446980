import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as s3 from 'aws-cdk-lib/aws-s3'
import { App, Stack, Validations } from 'aws-cdk-lib/core'
import { AwsSolutionsChecks } from 'cdk-nag'
import { parseSettings } from '../../cdk/settings.ts'
import { MillraceStack } from '../../cdk/stack.ts'
import { existingArn, flights, sparkImage } from './template.ts'

interface Report {
  readonly pluginReports: readonly { readonly violations: readonly { readonly ruleName: string }[] }[]
}

/** What cdk-nag's AwsSolutions pack finds in an app, acknowledged findings left out. */
function findingsOf(build: (app: App) => void): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'millrace-nag-'))
  const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  build(app)
  try {
    app.synth()
    return []
  } catch {
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report
    return report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName))
  }
}

const inVpc = { vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2,subnet-3' }

describe('AwsSolutions of cdk-nag', () => {
  for (const [name, context] of Object.entries({
    'a provisioned cluster': {},
    'a serverless cluster, on-demand pollers and a NAT gateway': { cluster: 'serverless', pollers: 'on-demand', natGateways: '1' },
    'an existing cluster, on arm64': { cluster: existingArn, architecture: 'arm64' },
    'an existing cluster in a VPC, whose topics are its owner’s': {
      cluster: existingArn,
      topics: 'given',
      ...inVpc,
      securityGroupIds: 'sg-1',
    },
    'a provisioned cluster in a VPC that is given': inVpc,
    'tokens for collect': { collect: 'jwt', jwtIssuer: 'https://issuer.example.com', jwtAudience: 'millrace' },
    'stores that go with the stack': { onDestroy: 'delete' },
  })) {
    it(`finds nothing in the stack with ${name}`, () => {
      const findings = findingsOf(app => {
        new MillraceStack(app, {
          pipeline: { ...flights, retrain: { everyMs: 3_600_000 } },
          settings: parseSettings(context, { isEmulator: true }),
          codeOf: step => lambda.Code.fromInline(`exports.handler = async () => '${step}'`),
        })
      })
      assert.deepEqual(findings, [])
    })
  }
  it('finds nothing in the stack with an engine of Spark', () => {
    const findings = findingsOf(app => {
      new MillraceStack(app, {
        pipeline: { ...flights, retrain: { everyMs: 3_600_000, engine: 'spark' } },
        settings: parseSettings({ cluster: existingArn, sparkImage }, { isEmulator: true }),
        codeOf: step => lambda.Code.fromInline(`exports.handler = async () => '${step}'`),
      })
    })
    assert.deepEqual(findings, [])
  })
  it('would find an open bucket', () => {
    const findings = findingsOf(app => {
      new s3.Bucket(new Stack(app, 'Bad'), 'Bucket')
    })
    assert.deepEqual(findings.sort(), ['AwsSolutions-S1', 'AwsSolutions-S10'])
  })
})
