import { type Command, Option } from 'commander'
import type { StateChange } from '#functions/layer/change-state.ts'
import { freezeLayer, unfreezeLayer } from '#functions/layer/freeze.ts'
import { resetLayer } from '#functions/layer/reset.ts'
import { MillraceError } from '#models/errors.ts'
import { parseCount } from './flags/parse-count.ts'
import { parseDuration } from './flags/parse-duration.ts'
import { toChangeJson, toFreezeText, toResetText, toUnfreezeText } from './layer/change-text.ts'
import { checkLayer } from './layer/check.ts'
import { checkSame, toCheckText } from './layer/check-text.ts'
import { checkHasLayer } from './layer/has-layer.ts'
import { readLayerView } from './layer/view.ts'
import { toLayerText } from './layer/view-text.ts'
import { loadPipeline } from './load-pipeline.ts'
import { makeProgress } from './progress.ts'
import { addStoreFlags, findBuckets, type ModelStore, openBucket, openModels, type StoreFlags, storeNotes } from './stores.ts'
import type { Terminal } from './terminal.ts'
import { checkWritable, type JsonFlag, writeResult } from './write-json.ts'

interface ChangeFlags extends StoreFlags {
  readonly json?: true
}

interface CheckFlags extends StoreFlags {
  readonly archiveBucket?: string
  readonly wait: number
  readonly chapters?: number
  readonly json?: JsonFlag
}

const freezeNotes = `
A frozen layer scores by what it knows, however old that is or becomes: also one that was stale. One that has learnt nothing is not frozen. Labels that come meanwhile are passed over, and not learnt later either.
Where the step adapt writes at the same instant, it is done anew with what that wrote.
`

const resetNotes = `
What the layer knows is lost to it; the old state is kept as a snapshot for 90 days, and no command brings it back. Labels that it has
learnt are not learnt again. Until the next label the champion decides alone. A frozen layer is frozen no more.
`

const checkNotes = `
Every version since the layer began, or since the oldest snapshot that is kept, is learnt again from the feedback in the archive, chapter by
chapter from one snapshot to the next, and compared with what is kept. Nothing is written. The states of all chapters are in memory, 70 kB
each and more: of a busy layer's months, ask for some --chapters.

The archive is up to a minute behind: for as long as --wait says it is waited for. Versions that it does not hold then, ten minutes old at
most, are left out with the end of their chapter, and it says so; older ones are missing.

The state's bucket and the archive are those of the stack (default: Millrace-<pipeline>) unless named. Credentials and region are AWS's
usual ones; AWS_ENDPOINT_URL leads to an emulator.

Exit codes: 0 all that could be compared is the same to the bit; 1 it is not, or records are missing from the archive, or nothing could be
compared; 2 wrong usage, or there is no layer.`

const unconfirmed = 'layer reset gives up all that the layer has learnt (a snapshot is kept); confirm it with --yes'

/** `millrace layer`: the online layer over the champion. */
export function addLayer(program: Command, terminal: Terminal): void {
  const layer = program.command('layer').description('the online layer: show, freeze, unfreeze, reset, check')
  const add = (name: string, description: string) => addStoreFlags(layer.command(name).description(description))

  add('show', 'what the layer is, how it does, and the weights of its members')
    .option('--json', 'print it as JSON')
    .addHelpText('after', storeNotes)
    .action(async (flags: ChangeFlags) => {
      const view = await readLayerView(await openModels(flags), Date.now())
      await writeResult(terminal, { json: flags.json, text: toLayerText(view), value: view })
    })

  add('freeze', 'let the layer learn nothing from now on')
    .option('--json', 'print what changed as JSON')
    .addHelpText('after', freezeNotes + storeNotes)
    .action((flags: ChangeFlags) =>
      change(flags, terminal, { make: ({ pipeline, models }) => freezeLayer(models, pipeline.name, Date.now()), toText: toFreezeText }),
    )

  add('unfreeze', 'let a frozen layer learn again')
    .option('--json', 'print what changed as JSON')
    .addHelpText('after', freezeNotes + storeNotes)
    .action((flags: ChangeFlags) =>
      change(flags, terminal, { make: ({ pipeline, models }) => unfreezeLayer(models, pipeline.name), toText: toUnfreezeText }),
    )

  add('reset', 'begin anew with a layer that has learnt nothing')
    .option('--yes', 'confirm that what the layer has learnt is given up')
    .option('--json', 'print what changed as JSON')
    .addHelpText('after', resetNotes + storeNotes)
    .action((flags: ChangeFlags & { readonly yes?: true }) => {
      if (!flags.yes) throw new MillraceError('ARGUMENT_INVALID', unconfirmed)
      return change(flags, terminal, { make: ({ pipeline, models }) => resetLayer(models, pipeline), toText: toResetText })
    })

  add('check', 'make the layer again from the archive, and compare to the bit')
    .option('--archive-bucket <name>', 'the archive, instead of a stack')
    .addOption(
      new Option('--wait <time>', 'how long the archive may take to hold what the layer has learnt: 30s, 5m')
        .argParser(parseDuration)
        .default(120_000, '2m'),
    )
    .option('--chapters <count>', 'only the newest so many, each of some 500 versions at most', parseCount)
    .option('--json [file]', 'print the result as JSON, or write it to a file')
    .addHelpText('after', checkNotes)
    .action((flags: CheckFlags) => check(flags, terminal))
}

/** Changes the layer's state and prints what was done. */
async function change(
  flags: ChangeFlags,
  terminal: Terminal,
  how: {
    readonly make: (store: ModelStore) => Promise<StateChange>
    readonly toText: (pipeline: string, change: StateChange) => string
  },
): Promise<void> {
  const store = await openModels(flags)
  const { name } = store.pipeline
  checkHasLayer(store.pipeline)
  const made = await how.make(store)
  await writeResult(terminal, { json: flags.json, text: how.toText(name, made), value: toChangeJson(name, made) })
}

/**
 * Checks and prints what was found.
 *
 * @throws MillraceError where it is not the same, or records are missing, after the result has been printed
 */
async function check(flags: CheckFlags, terminal: Terminal): Promise<void> {
  const { stderr, signal } = terminal
  await checkWritable('--json', flags.json)
  const pipeline = await loadPipeline(flags.pipeline)
  const { modelBucket, archiveBucket } = await findBuckets(flags, pipeline)
  const progress = makeProgress(stderr)
  const found = await checkLayer(
    { pipeline, models: openBucket(modelBucket), archive: openBucket(archiveBucket) },
    {
      waitMs: flags.wait,
      chaptersAtMost: flags.chapters,
      signal,
      onProgress: (versions, total) => progress.show(versions / total, () => `${versions.toLocaleString('en')} versions`),
    },
  ).finally(() => progress.clear())
  await writeResult(terminal, { json: flags.json, text: toCheckText(pipeline.name, found), value: { pipeline: pipeline.name, ...found } })
  checkSame(found)
}
