import { writeFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { MillraceError } from '#models/errors.ts'
import { paint } from '../../localstack/console/screen.ts'
import { stopAll } from '../../localstack/processes.ts'
import { faults } from './faults/faults.ts'
import { hostile } from './hostile/hostile.ts'
import type { ChaosOptions, Scenario } from './scenario.ts'
import { swaps } from './swaps/swaps.ts'
import { year } from './year/year.ts'

/** Every scenario by the name it is run by. */
const scenarios: Readonly<Record<string, Scenario>> = { swaps, faults, hostile, year }

type Given = Pick<ChaosOptions, 'seed'> & { readonly rows?: number; readonly json?: string }

const stopping = new AbortController()
const startedMs = performance.now()
const say = (line: string) =>
  console.log(`${paint('dim', `${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s`)}  ${line}`)

const program = new Command('npm run chaos --')
  .description('Runs the whole local system, does something to it while the stream goes on, and counts what was lost or doubled.')
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2))
for (const [name, scenario] of Object.entries(scenarios)) {
  const { about, rows } = scenario
  const command = program.command(name).description(about)
  if (rows) {
    const option = new Option('--rows <N>', `flights to stream, ${rows.atLeast} to 3000000`)
    command.addOption(option.default(rows.usual).argParser(wholeNumber(rows.atLeast, 3_000_000)))
  }
  command
    .addOption(new Option('--seed <N>', 'of everything chosen at random').default(1).argParser(wholeNumber(0, 2 ** 31)))
    .addOption(new Option('--json <FILE>', 'write the report as JSON'))
    .allowExcessArguments(false)
    .action((given: Given) => run(name, scenario, given))
}

async function run(name: string, scenario: Scenario, { rows = 0, seed, json }: Given): Promise<void> {
  const { held, report } = await scenario.run({ rows, seed, signal: stopping.signal, say })
  if (json) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
  say(held ? paint('green', `${name}: held`) : paint('red', `${name}: did not hold`))
  process.exitCode = held ? 0 : 1
}

function wholeNumber(min: number, max: number) {
  return (text: string) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`a whole number from ${min} to ${max} is wanted`)
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(130) // asked twice: the leash ends what is left
    console.error('\nstopping; once more to stop at once')
    stopping.abort()
  })
}

try {
  await program.parseAsync()
} catch (error) {
  console.error(paint('red', error instanceof MillraceError ? `${error.code}: ${error.message}` : String((error as Error).stack)))
  process.exitCode = 1
} finally {
  await stopAll()
}
