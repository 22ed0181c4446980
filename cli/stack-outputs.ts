import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { MillraceError } from '#models/errors.ts'
import { toStoreFailure } from './store-failure.ts'

/** What a deployed stack says about itself, by the name of the output. */
export type StackOutputs = Readonly<Record<string, string>>

/**
 * Reads the outputs of a CloudFormation stack.
 *
 * `instead` is the command's own flag that does without a stack, as it ends a sentence; absent, it has none.
 *
 * @throws ARGUMENT_INVALID where there is no such stack; STORE_FAILED where AWS does not answer
 * @example const { ModelBucketName } = await readStackOutputs('Millrace-flights')
 */
export async function readStackOutputs(
  stackName: string,
  { client = new CloudFormationClient(), instead }: { readonly client?: CloudFormationClient; readonly instead?: string } = {},
): Promise<StackOutputs> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }))
    const outputs = Stacks[0]?.Outputs ?? []
    return Object.fromEntries(outputs.flatMap(({ OutputKey, OutputValue }) => (OutputKey && OutputValue ? [[OutputKey, OutputValue]] : [])))
  } catch (cause) {
    const { message } = cause as Error
    if (!/does not exist/i.test(message)) throw toStoreFailure(`stack ${stackName}`, cause)
    const otherwise = instead === undefined ? '' : `, or ${instead}`
    const refusal = `there is no stack ${stackName} in this account and region; name it with --stack${otherwise}`
    throw new MillraceError('ARGUMENT_INVALID', refusal, { cause })
  }
}

/** @throws ARGUMENT_INVALID where the stack has no such output */
export function pickOutput(outputs: StackOutputs, name: string, stackName: string): string {
  const value = outputs[name]
  if (value !== undefined) return value
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `stack ${stackName} has no output ${name}: is it a stack of Millrace, and deployed to the end?`,
  )
}
