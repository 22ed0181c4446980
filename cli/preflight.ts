import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { type Command, InvalidArgumentError } from 'commander'
import { MillraceError } from '#models/errors.ts'
import { type Check, checkAccount } from './preflight/checks.ts'
import { readHeld } from './preflight/held.ts'
import { readNeeds, subtractNeeds } from './preflight/needs.ts'
import { readAccount } from './preflight/read-account.ts'
import { synthesize } from './preflight/synthesize.ts'
import { toStoreFailure } from './store-failure.ts'
import { toTable } from './table.ts'
import type { Terminal } from './terminal.ts'

interface PreflightFlags {
  readonly context: readonly string[]
  readonly json?: true
}

const notes = `
Nothing is made and nothing is changed: the app is synthesized with the same settings as for cdk deploy, and the account is asked by
servicequotas:Get*, servicequotas:List*, ec2:Describe*, lambda:GetAccountSettings, kafka:ListClustersV2, cloudformation:DescribeStacks and cloudformation:GetTemplate.
Where the stack is there already, what it holds is not needed again.

Credentials and region are AWS's usual ones; AWS_ENDPOINT_URL leads to an emulator. What cannot be looked up is said, and is no failure.

Exit codes: 0 nothing is short, 1 something is, or the app refuses a setting, 2 wrong usage.`

/** `millrace preflight`: whether an account can take the stack, before anything is made. */
export function addPreflight(program: Command, terminal: Terminal): void {
  program
    .command('preflight')
    .description("check an account's quotas and zones for a deployment, before anything is made")
    .option('-c, --context <name=value>', 'a setting, as given to cdk deploy; as often as needed', collectSetting, [])
    .option('--json', 'print the lines as JSON')
    .addHelpText('after', notes)
    .action((flags: PreflightFlags) => checkDeployment(flags, terminal))
}

function collectSetting(text: string, given: readonly string[]): readonly string[] {
  if (/^[^=\s]+=/.test(text)) return [...given, text]
  throw new InvalidArgumentError('It must be name=value.')
}

/**
 * Prints a line for each quota.
 *
 * @throws MillraceError SERVER_FAILED where something is short, after all lines have been printed
 */
async function checkDeployment({ context, json }: PreflightFlags, { stdout }: Terminal): Promise<void> {
  const { stackName, template } = await synthesize(context)
  const formation = new CloudFormationClient({})
  const region = await formation.config.region().catch(cause => {
    throw toStoreFailure('preflight', cause)
  })
  const wanted = readNeeds(template, region)
  const [held, account] = await Promise.all([
    readHeld(formation, stackName, region),
    readAccount(wanted.services, { region, isEmulator: Boolean(process.env.AWS_ENDPOINT_URL) }),
  ])
  const checks = checkAccount(subtractNeeds(wanted, held), account)
  const short = checks.filter(({ verdict }) => verdict === 'short')
  stdout.write(json ? `${JSON.stringify({ stack: stackName, region, checks })}\n` : toText(checks))
  if (short.length > 0)
    throw new MillraceError(
      'SERVER_FAILED',
      `${stackName} does not fit this account in ${region}: ${short.map(({ what }) => what).join(', ')}`,
    )
}

/** The lines as a table, in the terminal's width or not: what to do stands last. */
function toText(checks: readonly Check[]): string {
  const columns = [
    { title: 'what' },
    { title: 'needed', align: 'right' },
    { title: 'in use', align: 'right' },
    { title: 'quota', align: 'right' },
    { title: 'verdict' },
    { title: '' },
  ] as const
  const toCell = (count: number | null) => (count === null ? '-' : String(count))
  const rows = checks.map(({ what, needed, inUse, quota, verdict, note }) => [
    what,
    toCell(needed),
    toCell(inUse),
    toCell(quota),
    verdict,
    note,
  ])
  return `${toTable(columns, rows)}\n`
}
