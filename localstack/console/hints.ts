/** What a running system is called and where it is, for the lines that lead to it. */
export interface Whereabouts {
  readonly pipelineName: string
  /** As `--pipeline` had it; absent for the repository's own. */
  readonly pipelineFile?: string | undefined
  readonly endpoint: string
  readonly region: string
  readonly archiveBucket: string
  readonly modelBucket: string
  readonly predictionsTable: string
  readonly logsFolder: string
  readonly nowMs: number
}

const dayMs = 86_400_000
const toDate = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** Lines to copy into another terminal, to look around in a system that is up; the first one leads all the others to the emulator. */
export function toHints(at: Whereabouts): string[] {
  const pipeline = at.pipelineFile === undefined ? '' : ` --pipeline ${at.pipelineFile}`
  const millrace = (command: string, flags = '') => `  npm run millrace -- ${command}${pipeline}${flags}`
  const slice = `--from ${toDate(at.nowMs)} --to ${toDate(at.nowMs + dayMs)}` // of arrival, which is today, whatever the events' own time
  return [
    `  export AWS_ENDPOINT_URL=${at.endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=${at.region} AWS_DEFAULT_REGION=${at.region}`,
    millrace('status'),
    millrace('models'),
    millrace('redrive', ' --from rejected --dry-run'),
    millrace('replay', ` ${slice} --to-topic ${at.pipelineName}-again`),
    millrace('publish', ` --topic ${at.pipelineName}.events --file more.ndjson`),
    `  aws s3 ls --recursive s3://${at.archiveBucket}     # the archive, as Parquet`,
    `  aws s3 ls --recursive s3://${at.modelBucket}       # bundles and the champion pointer`,
    `  aws dynamodb scan --max-items 3 --table-name ${at.predictionsTable}`,
    `  tail -f ${at.logsFolder}/*.log`,
  ]
}
