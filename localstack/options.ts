import { Command, InvalidArgumentError, Option } from 'commander'
import { driftMeaning } from './replay/drift.ts'

export const defaultPipelineFile = 'models/pipeline.ts'

/** What `npm start -- …` may be told. */
export interface StartOptions {
  readonly rows: number
  readonly exit: boolean
  readonly json?: string
  readonly speed?: number
  readonly corrupt: number
  readonly driftAt?: number
  readonly pipeline: string
}

/** Reads the arguments of `npm start`; `--help` prints them and exits with 0, a wrong one is named and exits with 2. */
export function parseStartOptions(args: readonly string[]): StartOptions {
  const command = new Command('npm start --')
    .description('Brings up Kafka and an AWS emulator, deploys the stack, and streams real flights through it.')
    .addOption(new Option('--rows <N>', 'flights to stream, 1 to 3000000').default(200_000).argParser(wholeNumber(1, 3_000_000)))
    .addOption(new Option('--exit', 'stop everything when the replay is done and drained, instead of staying up').default(false))
    .addOption(new Option('--json <FILE>', 'write the summary as JSON'))
    .addOption(new Option('--speed <X>', 'times real time; without it, as fast as the stack takes it').argParser(positive))
    .addOption(new Option('--corrupt <RATIO>', 'broken records mixed in, as a share of the flights').default(0).argParser(ratio))
    .addOption(
      new Option('--drift-at <SHARE>', `from this share of the flights on (above 0, below 1), ${driftMeaning}`).argParser(shareWithin),
    )
    .addOption(new Option('--pipeline <FILE>', 'the definition to run').default(defaultPipelineFile))
    .allowExcessArguments(false)
    .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2))
  return command.parse(args, { from: 'user' }).opts<StartOptions>()
}

function wholeNumber(min: number, max: number) {
  return (text: string) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`a whole number from ${min} to ${max} is wanted`)
    return value
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('a number above 0 is wanted')
  return value
}

function ratio(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('a number from 0 to 1 is wanted')
  return value
}

function shareWithin(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('a number above 0 and below 1 is wanted')
  return value
}
