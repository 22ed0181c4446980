import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { MillraceError } from '#models/errors.ts'
import { profileFile } from './init/file-profile.ts'
import { propose } from './init/propose.ts'
import { toJsonReport, toTextReport } from './init/report.ts'
import { toDefinitionSource } from './init/to-source.ts'
import { openRows } from './read-rows.ts'
import type { Terminal } from './terminal.ts'

interface InitFlags {
  readonly data: string
  readonly label: string
  readonly out?: string
  readonly name?: string
  readonly id?: string
  readonly time?: string
  readonly positive?: string
  readonly positiveAbove?: number
  readonly force?: true
  readonly json?: true
}

const notes = `
Looks at up to 200,000 rows and writes a definition with what the columns seem to be: id, time, numbers, categories, the label, settings for
the trainer and the schedule. Then it tells what it was unsure of. The file it writes is yours to change.

Exit codes: 0 written, 1 the file cannot be used, 2 wrong usage.`

/** `millrace init`: a first definition for a file of history. */
export function addInit(program: Command, { stdout }: Terminal): void {
  program
    .command('init')
    .description('write a definition for a file of history')
    .requiredOption('--data <path>', 'rows with their labels: .csv, .ndjson, .jsonl or .parquet')
    .requiredOption('--label <column>', 'the column to predict')
    .option('--out <path>', 'the definition to write (default: models/<name>.ts)')
    .option('--name <name>', "the pipeline's name (default: from the file's name)", parseName)
    .option('--id <column>', 'the column that names each event')
    .option('--time <column>', "the column with the event's clock time")
    .addOption(new Option('--positive <value>', 'the label that counts as yes, all others as no').conflicts('positiveAbove'))
    .option('--positive-above <number>', 'labels above it count as yes', parseNumber)
    .option('--force', 'replace the definition that is there')
    .option('--json', 'print what was found as JSON')
    .addHelpText('after', notes)
    .action(async (flags: InitFlags) => {
      stdout.write(await init(flags))
    })
}

const modelsFolder = path.join(import.meta.dirname, '..', 'models')

/** Writes the definition and gives what to print. */
async function init(flags: InitFlags): Promise<string> {
  const { data, label, positive, positiveAbove } = flags
  const file = path.basename(data)
  const name = flags.name ?? toName(file)
  const look = async () => {
    const source = await openRows(data, { textColumns: [], flag: '--data' })
    const profile = await profileFile(source.rows, { file, label, positive, positiveAbove })
    return { profile, proposal: propose(profile, { name, file, id: flags.id, time: flags.time, positive, positiveAbove }) }
  }
  const out = path.resolve(flags.out ?? path.join(modelsFolder, `${name}.ts`))
  const refusal = await checkOut(out, flags.force === true).catch((error: MillraceError) => error)
  const { profile, proposal } = await look().catch((error: MillraceError) => {
    if (refusal instanceof MillraceError) throw new MillraceError('ARGUMENT_INVALID', `${error.message}; and ${refusal.message}`)
    throw error
  })
  if (refusal instanceof MillraceError) throw refusal
  const importFolder = path.relative(path.dirname(out), modelsFolder).split(path.sep).join('/')
  const prefix = importFolder === '' ? './' : `${importFolder.startsWith('.') ? '' : './'}${importFolder}/`
  await writeFile(out, toDefinitionSource(proposal, prefix))
  const facts = { data, out: path.relative(process.cwd(), out), rowCount: profile.rowCount }
  return flags.json ? `${JSON.stringify(toJsonReport(proposal, facts))}\n` : toTextReport(proposal, facts)
}

/** @throws ARGUMENT_INVALID where the definition cannot or should not be written there */
async function checkOut(out: string, isForced: boolean): Promise<void> {
  if (path.extname(out) !== '.ts') throw new MillraceError('ARGUMENT_INVALID', `--out must end in .ts, got '${out}'`)
  if (!existsSync(path.dirname(out))) throw new MillraceError('ARGUMENT_INVALID', `--out must be in a folder that is there, got '${out}'`)
  if (!existsSync(out)) return
  if (!isForced) throw new MillraceError('ARGUMENT_INVALID', `${out} is there already; --force replaces it, --out writes another`)
  const isDefinition = (await readFile(out, 'utf8')).includes('export const pipeline = definePipeline(')
  if (!isDefinition)
    throw new MillraceError('ARGUMENT_INVALID', `${out} is no definition, so --force does not replace it; choose another --out`)
}

/** A pipeline's name of a file's: `Wind Farm (2).csv` is wind-farm-2. */
function toName(file: string): string {
  const words =
    path
      .parse(file)
      .name.normalize('NFKD')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  const name = words.join('-').slice(0, 40).replace(/-+$/, '')
  if (name === '') return 'pipeline-of-file'
  return /^[a-z]/.test(name) ? name : `p-${name}`.slice(0, 40)
}

function parseName(text: string): string {
  if (/^[a-z][a-z0-9-]{0,39}$/.test(text)) return text
  throw new InvalidArgumentError('It must be 1 to 40 lower-case letters, digits or dashes and begin with a letter.')
}

function parseNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('It must be a number.')
}
