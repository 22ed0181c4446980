import { type ChampionPointer, changePointer, previousVersion, readPointer, toPromoted } from '#functions/bundles/registry.ts'
import { MillraceError } from '#models/errors.ts'
import type { PointerOutcome } from './promote-version.ts'
import { proveBundle, type RegistryPorts } from './prove-bundle.ts'

/**
 * Makes an earlier model champion again, in one write: the champion before the present one, or the one that is named.
 *
 * It is decided on one champion. Where another writer moved the pointer to a different one meanwhile, nothing is written: rolling back
 * what nobody has looked at would take away the wrong model.
 *
 * @throws ARGUMENT_INVALID where there is nothing to go back to; BUNDLE_INVALID where that model would not serve; CHAMPION_CONFLICT where
 * the champion moved
 * @example await rollBack(ports, { reason: 'scores too high' })
 */
export async function rollBack(
  ports: RegistryPorts,
  { to, reason }: { readonly to?: string | undefined; readonly reason: string },
): Promise<PointerOutcome> {
  const { pipeline, models, nowMs } = ports
  const { champion: decidedOn } = await readPointer(models, pipeline.name)
  const version = toTarget(decidedOn, to)
  await proveBundle(ports, version)
  const pointer = await changePointer(models, pipeline.name, champion => {
    if (champion?.version !== decidedOn?.version) throw movedOn(decidedOn, champion)
    return toPromoted(champion, { version, reason, nowMs: nowMs() })
  })
  return { isChanged: true, before: decidedOn!.version, pointer: pointer! } // toTarget refuses where there is no champion
}

function toTarget(champion: ChampionPointer | null, to: string | undefined): string {
  if (!champion) throw new MillraceError('ARGUMENT_INVALID', 'there is no champion yet, so nothing to roll back; see `millrace promote`')
  const version = to ?? previousVersion(champion)
  if (version === undefined) {
    const message = `${champion.version} is the first champion, there is none before it; name another with --to, or promote one`
    throw new MillraceError('ARGUMENT_INVALID', message)
  }
  if (version === champion.version)
    throw new MillraceError('ARGUMENT_INVALID', `--to must be another model, ${version} is the champion now`)
  return version
}

function movedOn(decidedOn: ChampionPointer | null, champion: ChampionPointer | null): MillraceError {
  const message = `the champion moved from ${decidedOn?.version} to ${champion?.version ?? 'none'} while rolling back; nothing was written. Look at \`millrace models\` and decide again`
  return new MillraceError('CHAMPION_CONFLICT', message, { retryable: true })
}
