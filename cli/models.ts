import type { Command } from 'commander'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { isServing } from '#functions/counters/names.ts'
import { readTallies } from '#functions/counters/read.ts'
import { toQuality } from '#models/task/yes-no/counters.ts'
import { type ModelView, type Registry, readRegistry } from './registry/read-registry.ts'
import { readStackOutputs } from './stack-outputs.ts'
import { addStoreFlags, openModels, type StoreFlags, storeNotes, toStackName } from './stores.ts'
import { toFixedOrDash, toMinute, toTable } from './table.ts'
import type { Terminal } from './terminal.ts'

/** `millrace models`: every model version and what it does now. */
export function addModels(program: Command, terminal: Terminal): void {
  addStoreFlags(program.command('models').description('list the models of a pipeline: figures, decision, role'))
    .option('--json', 'print the list as JSON')
    .addHelpText('after', storeNotes)
    .action(async (flags: StoreFlags & { readonly json?: true }) => {
      const { pipeline, models } = await openModels(flags)
      const registry = await readRegistry(models, pipeline.name)
      if (flags.json) return void terminal.stdout.write(`${JSON.stringify(toModelsJson(pipeline.name, registry))}\n`)
      const labelled = registry.models.length === 0 ? await countLabelled(flags, pipeline) : undefined
      terminal.stdout.write(toModelsText(pipeline.name, registry, { atRows: pipeline.retrain.when.firstAtRows, labelled }))
    })
}

/** Labelled rows so far, by the live counters of the stack; undefined where a bucket was named instead, or they cannot be read. */
async function countLabelled(flags: StoreFlags, pipeline: { readonly name: string }): Promise<number | undefined> {
  if (flags.bucket !== undefined) return undefined
  try {
    const { CountersTableName } = await readStackOutputs(toStackName(flags, pipeline))
    const counted = (await readTallies(dynamoCounters(CountersTableName))).filter(({ arm }) => isServing(arm))
    return counted.reduce((sum, { unscored, quality }) => sum + unscored + toQuality(quality).labelled, 0)
  } catch {
    return undefined // the list stands without it
  }
}

/** The registry for a program: no golden rows, no dictionaries. */
export function toModelsJson(pipeline: string, { pointer, pointerProblem, models }: Registry) {
  return {
    pipeline,
    champion: pointer?.version ?? null,
    challenger: pointer?.challenger ?? null,
    shadow: pointer?.shadow ?? null,
    problem: pointerProblem,
    models: models.map(({ version, role, sinceMs, share, manifest, decision, problem }) => ({
      version,
      role,
      sinceMs,
      share,
      trainer: manifest?.trainer ?? null,
      definition: manifest?.definition ?? null,
      trainedAtMs: manifest?.trainedAtMs ?? null,
      training: manifest?.training ?? null,
      holdout: manifest?.holdout ?? null,
      decision,
      problem,
    })),
  }
}

/** The registry as a table, with what is wrong under it; without models it says when the first one is trained. */
export function toModelsText(
  pipeline: string,
  { pointer, pointerProblem, models }: Registry,
  first?: { readonly atRows: number; readonly labelled: number | undefined },
): string {
  const table = toTable(
    [
      { title: 'version' },
      { title: 'role' },
      { title: 'since (UTC)' },
      { title: 'trainer' },
      { title: 'rows', align: 'right' },
      { title: 'AUC', align: 'right' },
      { title: 'log loss', align: 'right' },
      { title: 'decision' },
    ],
    models.map(toCells),
  )
  const now = first?.labelled === undefined ? '' : `, ${first.labelled.toLocaleString('en')} now`
  const when = first && `: first model at ${first.atRows.toLocaleString('en')} labelled rows${now}, when retrain next runs`
  const none = `pipeline ${pipeline} has no models yet${when ?? ''}`
  const lines = models.length === 0 ? [none] : [table]
  if (pointerProblem) lines.push('', `no champion can be read: ${pointerProblem}`)
  else if (!pointer && models.length > 0) lines.push('', 'there is no champion yet')
  return `${lines.join('\n')}\n`
}

function toCells({ version, role, sinceMs, share, manifest, decision, problem }: ModelView): string[] {
  const about = [version, toRoleText(role, share), sinceMs === null ? '-' : toMinute(sinceMs)]
  if (!manifest) return [...about, '-', '-', '-', '-', `broken: ${problem}`]
  const { trainer, training, holdout } = manifest
  return [
    ...about,
    trainer,
    training.rowCount === 0 ? '-' : training.rowCount.toLocaleString('en'), // of a model trained elsewhere it may be unknown
    toFixedOrDash(holdout?.auc ?? null, 3),
    toFixedOrDash(holdout?.logLoss ?? null),
    problem ?? toDecisionText(decision),
  ]
}

function toDecisionText(decision: ModelView['decision']): string {
  return decision ? `${decision.promote ? 'promoted' : 'kept back'}: ${decision.reason}` : 'no decision is kept'
}

function toRoleText(role: ModelView['role'], share: number | null): string {
  if (role === 'none') return '-'
  return share === null ? role : `${role} ${Number((share * 100).toFixed(2))} %`
}
