import { CfnApplication } from 'aws-cdk-lib/aws-emrserverless'
import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import { Asset } from 'aws-cdk-lib/aws-s3-assets'
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { MillraceError } from '#models/errors.ts'
import { acknowledgeWildcard } from './acknowledge.ts'
import type { ScheduledStep } from './scheduled-step.ts'
import type { Settings } from './setting-table.ts'
import { enginePrefix, type Stores } from './stores.ts'
import { servicePrincipal } from './trust.ts'

/** Spark 4.0.2, the first release with the SQL that training-set.sql needs as it is. https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/release-versions.html */
const releaseLabel = 'emr-spark-8.0.0'

/** xgboost needs all its workers at once, so their number is fixed: a driver and so many executors of this size. */
const workers = { cores: 4, memoryGb: 30, overheadGb: 3 }

const sources = `${import.meta.dirname}/../functions/retrain/spark`

/** What the end of a job calls retrain with; functions/retrain/engine/trigger.ts knows it. */
const engineEnd = { trigger: 'engine' }

/**
 * Spark for retrain, where the definition asks for it: an EMR Serverless application that stops by itself, the script, the role of its jobs, and
 * the call of retrain when a job has ended, however it did.
 *
 * Jobs read the archive's feedback and their own input, and write what they leave beside it: never a bundle, never the pointer to the champion.
 */
export class SparkEngine extends Construct {
  readonly jobRole: Role

  constructor(
    scope: Construct,
    id: string,
    retrain: ScheduledStep,
    { pipeline, stores, settings }: { readonly pipeline: string; readonly stores: Stores; readonly settings: SparkSettings },
  ) {
    super(scope, id)
    const stack = Stack.of(this)
    const application = this.makeApplication(pipeline, settings)
    this.jobRole = new Role(this, 'JobRole', {
      assumedBy: servicePrincipal(
        'emr-serverless',
        stack.formatArn({ service: 'emr-serverless', resource: '/applications', resourceName: '*' }),
      ),
    })
    const script = new Asset(this, 'Script', { path: `${sources}/train.py` })
    const modules = new Asset(this, 'Modules', { path: sources, exclude: ['*', '!*.py'] })
    for (const asset of [script, modules]) {
      this.jobRole.addToPolicy(
        new PolicyStatement({ actions: ['s3:GetObject'], resources: [asset.bucket.arnForObjects(asset.s3ObjectKey)] }),
      )
    }
    const exchange = `${enginePrefix}${pipeline}/`
    const grants = [
      ...stores.statements(
        'ARCHIVE_BUCKET',
        ['s3:GetObject', 's3:ListBucket'],
        [`${pipeline}.feedback/`, `compacted/${pipeline}.feedback/`],
      ),
      ...stores.statements('MODEL_BUCKET', ['s3:GetObject', 's3:PutObject', 's3:ListBucket'], [exchange]),
    ]
    retrain.step.allow(
      stores.statements('MODEL_BUCKET', ['s3:GetObject', 's3:PutObject'], [exchange]),
      'what passes between retrain and its jobs: the names are those of runs',
    )
    for (const statement of grants) {
      this.jobRole.addToPolicy(statement)
      const reason = 'objects under one prefix: their names are not known before'
      for (const resource of statement.resources) if (resource.endsWith('*')) acknowledgeWildcard(this.jobRole, resource, reason)
    }
    this.letStart(retrain, application, { scriptUri: script.s3ObjectUrl, modulesUri: modules.s3ObjectUrl })
    new Rule(this, 'JobEnded', {
      description: `${pipeline}: a training on Spark has ended`,
      eventPattern: {
        source: ['aws.emr-serverless'],
        detailType: ['EMR Serverless Job Run State Change'],
        detail: { applicationId: [application.attrApplicationId], state: ['SUCCESS', 'FAILED', 'CANCELLED'] },
      },
      targets: [
        new LambdaFunction(retrain.step.function, {
          event: RuleTargetInput.fromObject(engineEnd),
          retryAttempts: 2,
          maxEventAge: Duration.hours(1),
        }),
      ],
    })
    new CfnOutput(stack, 'SparkApplication', { value: application.attrApplicationId })
  }

  private makeApplication(pipeline: string, { sparkImage, sparkWorkers, architecture }: SparkSettings): CfnApplication {
    if (sparkImage === undefined) {
      throw new MillraceError(
        'SETTING_INVALID',
        "sparkImage must be given where retrain.engine is 'spark': the image of functions/retrain/spark/Dockerfile in ECR, as the README beside it says",
      )
    }
    const { cores, memoryGb, overheadGb } = workers
    const vCpus = cores * (sparkWorkers + 1)
    return new CfnApplication(this, 'Application', {
      name: `millrace-${pipeline}`,
      type: 'SPARK',
      releaseLabel,
      architecture: architecture === 'arm64' ? 'ARM64' : 'X86_64',
      imageConfiguration: { imageUri: sparkImage },
      autoStartConfiguration: { enabled: true },
      autoStopConfiguration: { enabled: true, idleTimeoutMinutes: 1 },
      maximumCapacity: { cpu: `${vCpus} vCPU`, memory: `${(memoryGb + overheadGb) * (sparkWorkers + 1)} GB` },
      runtimeConfiguration: [
        {
          classification: 'spark-defaults',
          properties: {
            'spark.dynamicAllocation.enabled': 'false', // Spark's barrier mode, which xgboost trains in, cannot do with it
            'spark.executor.instances': String(sparkWorkers),
            'spark.executor.cores': String(cores),
            'spark.executor.memory': `${memoryGb}g`,
            'spark.driver.cores': String(cores),
            'spark.driver.memory': `${memoryGb}g`,
          },
        },
      ],
    })
  }

  /** Lets retrain start jobs of this application and look at them, in the one role that they have. */
  private letStart(
    { step }: ScheduledStep,
    application: CfnApplication,
    { scriptUri, modulesUri }: { readonly scriptUri: string; readonly modulesUri: string },
  ): void {
    const jobs = `${application.attrArn}/jobruns/*`
    step.allow(
      [
        new PolicyStatement({ actions: ['emr-serverless:StartJobRun'], resources: [application.attrArn] }),
        new PolicyStatement({ actions: ['emr-serverless:GetJobRun'], resources: [jobs] }),
        new PolicyStatement({
          actions: ['iam:PassRole'],
          resources: [this.jobRole.roleArn],
          conditions: { StringEquals: { 'iam:PassedToService': 'emr-serverless.amazonaws.com' } },
        }),
      ],
      'job runs of this one application: their ids are not known before',
    )
    step.function.addEnvironment('SPARK_APPLICATION_ID', application.attrApplicationId)
    step.function.addEnvironment('SPARK_ROLE_ARN', this.jobRole.roleArn)
    step.function.addEnvironment('SPARK_SCRIPT_URI', scriptUri)
    step.function.addEnvironment('SPARK_MODULES_URI', modulesUri)
  }
}

type SparkSettings = Pick<Settings, 'architecture' | 'sparkImage' | 'sparkWorkers'>
