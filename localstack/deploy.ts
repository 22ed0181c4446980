import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { CreateBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import { localFolder, logsFolder, packagesFolder, projectFolder } from './folders.mjs'

const outputsShape = z.object({
  ArchiveBucketName: z.string(),
  ModelBucketName: z.string(),
  PredictionsTableName: z.string(),
  CountersTableName: z.string(),
  WaitingTableName: z.string(),
  FailuresBucketName: z.string(),
  AlertsTopicArn: z.string(),
  FunctionArchive: z.string(),
  FunctionCompact: z.string(),
  ScheduleRetrain: z.string(),
  ScheduleWatch: z.string(),
})

/** What the deployed stack is called and where its stores are. */
export interface Deployment {
  readonly stackName: string
  readonly outputs: z.output<typeof outputsShape>
  /** The synthesized template, as JSON. */
  readonly template: unknown
}

/** The bucket that takes the functions' code: with it the deployment needs no bootstrap stack. */
const assetBucket = 'millrace-local-assets'

/**
 * Deploys the CDK app to the emulator, for an existing cluster, with the same bundles as on AWS.
 *
 * @throws MillraceError SERVER_FAILED with the end of the CDK's output
 */
export async function deploy(options: {
  readonly pipelineName: string
  readonly pipelineFile: string
  readonly clusterArn: string
  readonly env: Readonly<Record<string, string>>
  /** Settings of the stack, in place of the local run's own. */
  readonly stackSettings?: Readonly<Record<string, string>>
}): Promise<Deployment> {
  const { pipelineName, pipelineFile, clusterArn, env, stackSettings = {} } = options
  const stackName = `Millrace-${pipelineName}`
  const output = path.join(localFolder, 'cdk.out')
  const outputsFile = path.join(localFolder, 'outputs.json')
  await makeAssetBucket()
  // One poller a topic: two made 12 % less of two cores (1,200 against 1,369 events/s), since every one has a function process of its own
  const context = {
    cluster: clusterArn,
    topics: 'given', // topics.ts makes them, for a machine's two cores
    pipelineFile,
    kafkaAuth: 'none',
    maxPollers: '1',
    concurrency: 'reserved', // what keeps a run of retrain from the next, a minute later
    onFailure: 'none', // whatever a fault does here, the records come again
    queries: 'off', // LocalStack's free tag has neither Glue nor Athena
    collect: 'off', // nor an HTTP API
    alarms: 'off', // MiniStack knows no alarm over an expression
    retrainEvery: '1 minute',
    retrainTimeoutSec: '60', // runs may not overlap
    labelWindowSec: '0', // the replay waits for labels: 854 events/s against 420 with Lambda's half second
    windowSecAtMost: '2', // a day of the stream passes in seconds
    assetBucket,
    ...stackSettings,
  }
  const settings = Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`])
  await runCdk(
    [
      'deploy',
      stackName,
      ...settings,
      '--output',
      output,
      '--outputs-file',
      outputsFile,
      '--require-approval',
      'never',
      '--method',
      'direct',
    ],
    env,
  )
  const readJson = async (file: string) => JSON.parse(await readFile(file, 'utf8'))
  return {
    stackName,
    outputs: outputsShape.parse((await readJson(outputsFile))[stackName]),
    template: await readJson(path.join(output, `${stackName}.template.json`)),
  }
}

/** The bucket for code; another pipeline may have made it. */
async function makeAssetBucket(): Promise<void> {
  try {
    await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: assetBucket }))
  } catch (error) {
    if (!(error instanceof S3ServiceException && error.name === 'BucketAlreadyOwnedByYou')) throw error
  }
}

async function runCdk(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const logFile = path.join(logsFolder, 'deploy.log')
  await mkdir(logsFolder, { recursive: true })
  const options = {
    cwd: projectFolder,
    env: { ...process.env, ...env, NO_COLOR: '1', CI: 'true', CDK_VALIDATION: 'false' },
    maxBuffer: 64 * 1024 * 1024,
  }
  const cdk = path.join(packagesFolder, 'aws-cdk', 'bin', 'cdk')
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [cdk, ...args], options)
    await writeFile(logFile, stdout + stderr)
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { readonly stdout?: string; readonly stderr?: string }
    await writeFile(logFile, stdout + stderr)
    const end = (stdout + stderr).trimEnd().split('\n').slice(-15).join('\n')
    throw new MillraceError('SERVER_FAILED', `cdk deploy failed; the end of ${logFile}:\n${end}`, { cause })
  }
}
