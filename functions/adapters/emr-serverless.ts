import {
  EMRServerlessClient,
  GetJobRunCommand,
  type JobRunState,
  ResourceNotFoundException,
  StartJobRunCommand,
} from '@aws-sdk/client-emr-serverless'
import type { JobState, TrainingEngine } from '../training-engine.ts'
import { readConfig } from './config.ts'
import { requestHandler } from './request-handler.ts'

/** EMR Serverless ends a job that runs for longer, so that no fault runs for a day. */
const jobMinutesAtMost = 720

const endedBadly: readonly JobRunState[] = ['FAILED', 'CANCELLED']

/**
 * Trainings as jobs of an EMR Serverless application.
 *
 * The id of a run is the token by which EMR knows a job that was started before, so that a second start gives the first job.
 *
 * @throws MillraceError ENVIRONMENT_INVALID where the stack has made no application
 * @see https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_StartJobRun.html
 */
export function emrServerless(
  buckets: Readonly<Record<'archive' | 'models', string>>,
  client = new EMRServerlessClient({ requestHandler }),
): TrainingEngine {
  const settings = readConfig(['SPARK_APPLICATION_ID', 'SPARK_MODULES_URI', 'SPARK_ROLE_ARN', 'SPARK_SCRIPT_URI'])
  const applicationId = settings.SPARK_APPLICATION_ID
  const uriOf = (store: 'archive' | 'models', key: string) => `s3://${buckets[store]}/${key}`
  return {
    uriOf,
    async start({ id, inputKey }) {
      const { jobRunId } = await client.send(
        new StartJobRunCommand({
          applicationId,
          clientToken: id,
          name: id,
          executionRoleArn: settings.SPARK_ROLE_ARN,
          executionTimeoutMinutes: jobMinutesAtMost,
          jobDriver: {
            sparkSubmit: {
              entryPoint: settings.SPARK_SCRIPT_URI,
              entryPointArguments: [uriOf('models', inputKey)],
              sparkSubmitParameters: `--py-files ${settings.SPARK_MODULES_URI}`,
            },
          },
        }),
      )
      return jobRunId!
    },
    async look(jobRunId): Promise<JobState> {
      try {
        const { jobRun } = await client.send(new GetJobRunCommand({ applicationId, jobRunId }))
        if (jobRun!.state === 'SUCCESS') return { state: 'succeeded' }
        if (endedBadly.includes(jobRun!.state!)) return { state: 'failed', reason: `${jobRun!.state}: ${jobRun!.stateDetails}` }
        return { state: 'running' }
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return { state: 'failed', reason: `EMR Serverless knows no job ${jobRunId}` }
        throw error
      }
    },
  }
}
