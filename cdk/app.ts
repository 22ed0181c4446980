/** The CDK app: `cdk deploy -c <setting>=<value>`. One app serves AWS and the local run; README.md says how. */
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { App } from 'aws-cdk-lib/core'
import { MillraceError } from '#models/errors.ts'
import { bundleSteps } from './bundle.ts'
import { checkPipeline } from './check-pipeline.ts'
import { breakEvenTable, partsTable, totalsTable } from './cost-tables.ts'
import { loadPipeline } from './load-pipeline.ts'
import { parseSettings } from './settings.ts'
import { MillraceStack } from './stack.ts'

try {
  const app = new App()
  const context = app.node.getAllContext()
  const settings = parseSettings(context, {
    region: process.env.CDK_DEFAULT_REGION, // the CLI's; unset without it
    isEmulator: Boolean(process.env.AWS_ENDPOINT_URL),
  })
  if (settings.costs === 'show') console.error([partsTable, totalsTable, breakEvenTable].map(table => `\n${table(settings)}`).join('\n'))
  const pipeline = await loadPipeline(settings.pipelineFile)
  checkPipeline(pipeline, settings, context)
  const folderOf = await bundleSteps(pipeline.name, settings)
  new MillraceStack(app, { pipeline, settings, codeOf: step => lambda.Code.fromAsset(folderOf(step)) })
} catch (error) {
  if (!(error instanceof MillraceError)) throw error
  console.error(error.message) // what to change is in it; where it was thrown says nothing to whoever sets it
  process.exit(1)
}
