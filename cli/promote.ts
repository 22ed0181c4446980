import { type Command, Option } from 'commander'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { MillraceError } from '#models/errors.ts'
import { parseRatio } from './flags/parse-ratio.ts'
import { bringModel } from './promote-onnx.ts'
import { type PointerOutcome, type Promotion, promoteVersion, type ServingRole, servingRoles } from './registry/promote-version.ts'
import { addStoreFlags, openModels, type StoreFlags, storeNotes } from './stores.ts'
import { toMinute } from './table.ts'
import type { Terminal } from './terminal.ts'

interface PromoteFlags extends StoreFlags {
  readonly as: ServingRole
  readonly share?: number
  readonly onnx?: string
  readonly manifest?: string
  readonly reason: string
  readonly json?: true
}

const notes = `
champion    its scores are delivered; the one before it is kept in the history, for \`millrace rollback\`
challenger  it takes --share of the keys from the champion, always the same keys
shadow      it scores every row beside the champion; its scores are recorded and never delivered

The model is proved first: its bundle is whole, made for this definition, and its golden rows score as in training. A shadow that is
promoted is no longer shadow. \`millrace withdraw\` takes a shadow or a challenger out again.

With --onnx and --manifest, a model that was trained elsewhere is proved, kept as a bundle, and put into service like any other.
`

/** Keys that a challenger takes unless told otherwise. */
const defaultShare = 0.1

/** `millrace promote`: a model into service. */
export function addPromote(program: Command, terminal: Terminal): void {
  addStoreFlags(program.command('promote').description('put a model into service').argument('[version]', 'a version of `millrace models`'))
    .addOption(new Option('--as <role>', 'what it shall be').choices([...servingRoles]).default('champion'))
    .option('--share <ratio>', `the challenger's share of the keys, above 0 and at most 1 (default: ${defaultShare})`, parseRatio)
    .option('--onnx <file>', 'instead of a version: an ONNX model trained elsewhere')
    .option('--manifest <file>', 'and what is known of it, as JSON')
    .option('--reason <text>', "why, for the champion's history", 'by hand')
    .option('--json', 'print what changed as JSON')
    .addHelpText('after', notes + storeNotes)
    .action((version: string | undefined, flags: PromoteFlags) => promote(version, flags, terminal))
}

async function promote(named: string | undefined, flags: PromoteFlags, { stdout }: Terminal): Promise<void> {
  const { as: role, share = defaultShare, reason } = flags
  if (flags.share !== undefined && role !== 'challenger') {
    throw new MillraceError('ARGUMENT_INVALID', `--share goes with --as challenger, got --as ${role}`)
  }
  checkModel(named, flags)
  const ports = { ...(await openModels(flags)), load: loadOnnx, nowMs: Date.now }
  const version = named ?? (await bringModel({ ...ports, onnxFile: flags.onnx!, manifestFile: flags.manifest! })).version
  const promotion = { version, role, share, reason }
  const outcome = await promoteVersion(ports, promotion)
  const json = { pipeline: ports.pipeline.name, ...promotion, share: role === 'challenger' ? share : null, ...outcome }
  stdout.write(flags.json ? `${JSON.stringify(json)}\n` : toPromotionText(promotion, outcome))
}

/** @throws ARGUMENT_INVALID unless either a version is named or both files are */
function checkModel(named: string | undefined, { onnx, manifest }: PromoteFlags): void {
  const isBrought = onnx !== undefined && manifest !== undefined
  if (named === undefined ? isBrought : onnx === undefined && manifest === undefined) return
  throw new MillraceError('ARGUMENT_INVALID', 'name a version of `millrace models`, or else both --onnx FILE and --manifest FILE')
}

/** What a promotion did, in a line. */
export function toPromotionText({ version, role }: Promotion, { isChanged, before, pointer }: PointerOutcome): string {
  const { sinceMs } = (role === 'champion' ? pointer : pointer[role])!
  if (!isChanged) return `${version} is ${role} already, since ${toMinute(sinceMs)} UTC: nothing to change\n`
  const place = role === 'challenger' ? `${role} for ${pointer.challenger!.share} of the keys` : role
  const instead = before === null || before === version ? '' : `, instead of ${before}`
  return `${version} is ${place} now${instead}; infer looks at the pointer every second\n`
}
