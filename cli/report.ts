import type { Command } from 'commander'
import { readPointer } from '#functions/bundles/registry.ts'
import { MillraceError } from '#models/errors.ts'
import { checkVersion } from './registry/read-registry.ts'
import { addStoreFlags, type ModelStore, openModels, type StoreFlags, storeNotes } from './stores.ts'
import type { Terminal } from './terminal.ts'

/** `millrace report`: what retrain wrote of a model. */
export function addReport(program: Command, terminal: Terminal): void {
  const command = program.command('report').description("print the training's report of a model")
  addStoreFlags(command.argument('[version]', 'a version of `millrace models` (default: the champion)'))
    .option('--json', 'print report.json instead of the page')
    .addHelpText('after', storeNotes)
    .action(async (version: string | undefined, flags: StoreFlags & { readonly json?: true }) => {
      const text = await readReport(await openModels(flags), version, flags.json ? 'report.json' : 'report.md')
      terminal.stdout.write(`${text.trimEnd()}\n`)
    })
}

/**
 * The report of a version, or of the champion.
 *
 * @throws ARGUMENT_INVALID where there is no such version or no champion yet; BUNDLE_INVALID where the bundle has no report
 */
export async function readReport(
  { pipeline, models }: Pick<ModelStore, 'models'> & { readonly pipeline: { readonly name: string } },
  version: string | undefined,
  file: 'report.md' | 'report.json',
): Promise<string> {
  const chosen = version ?? (await readPointer(models, pipeline.name)).champion?.version
  if (chosen === undefined) {
    throw new MillraceError('ARGUMENT_INVALID', `pipeline ${pipeline.name} has no champion yet; name a version of \`millrace models\``)
  }
  await checkVersion(models, pipeline.name, chosen)
  const stored = await models.get(`bundles/${pipeline.name}/${chosen}/${file}`)
  if (stored) return Buffer.from(stored.body).toString('utf8')
  throw new MillraceError(
    'BUNDLE_INVALID',
    `${chosen} has no ${file}: only models that retrain made have one; \`millrace models\` has its figures`,
  )
}
