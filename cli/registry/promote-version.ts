import { type ChampionPointer, changePointer, readPointer, toChallenged, toPromoted, toShadowed } from '#functions/bundles/registry.ts'
import { MillraceError } from '#models/errors.ts'
import { proveBundle, type RegistryPorts } from './prove-bundle.ts'

/** The roles that a model can serve in. */
export const servingRoles = ['champion', 'challenger', 'shadow'] as const
export type ServingRole = (typeof servingRoles)[number]

export interface Promotion {
  readonly version: string
  readonly role: ServingRole
  /** The challenger's share of the keys, above 0 and at most 1. */
  readonly share: number
  readonly reason: string
}

/** What a command changed. */
export interface PointerOutcome {
  readonly isChanged: boolean
  /** The model that had the role before. */
  readonly before: string | null
  readonly pointer: ChampionPointer
}

/**
 * Puts a model into service, in one write to the pointer; where another writer was first, it is decided again on what that one wrote.
 *
 * @throws ARGUMENT_INVALID, BUNDLE_INVALID where it is refused; nothing is written then
 * @example await promoteVersion(ports, { version, role: 'challenger', share: 0.1, reason: 'by hand' })
 */
export async function promoteVersion(ports: RegistryPorts, promotion: Promotion): Promise<PointerOutcome> {
  await proveBundle(ports, promotion.version)
  if (promotion.role === 'champion' && (await isPointerBroken(ports))) return replaceBrokenPointer(ports, promotion)
  const { pipeline, models, nowMs } = ports
  let isChanged = false
  let before: string | null = null
  const pointer = await changePointer(models, pipeline.name, champion => {
    const next = deciders[promotion.role](champion, promotion, nowMs())
    isChanged = next !== undefined
    before = (promotion.role === 'champion' ? champion : champion?.[promotion.role])?.version ?? null
    return next
  })
  return { isChanged, before, pointer: pointer! } // each decider gives a pointer, or leaves one that is there
}

type Decide = (champion: ChampionPointer | null, promotion: Promotion, nowMs: number) => ChampionPointer | undefined

/** What the pointer shall be for each role; undefined where it already is so. */
const deciders: Readonly<Record<ServingRole, Decide>> = {
  champion: (champion, { version, reason }, nowMs) =>
    champion?.version === version ? undefined : toPromoted(champion, { version, reason, nowMs }),
  challenger: (champion, { version, share }, nowMs) => {
    const present = besideOf(champion, version)
    if (present.challenger?.version === version && present.challenger.share === share) return undefined
    return toChallenged(present.shadow?.version === version ? toShadowed(present, null) : present, { version, share, nowMs })
  },
  shadow: (champion, { version }, nowMs) => {
    const present = besideOf(champion, version)
    if (present.shadow?.version === version) return undefined
    return toShadowed(present.challenger?.version === version ? toChallenged(present, null) : present, { version, nowMs })
  },
}

/** @throws ARGUMENT_INVALID where there is no champion to serve beside, or it is this version: a model has one role */
function besideOf(champion: ChampionPointer | null, version: string): ChampionPointer {
  if (!champion) {
    throw new MillraceError('ARGUMENT_INVALID', `there is no champion yet to serve beside; promote ${version} as champion`)
  }
  if (champion.version !== version) return champion
  throw new MillraceError('ARGUMENT_INVALID', `${version} is the champion and cannot serve beside itself; promote another champion first`)
}

async function isPointerBroken({ pipeline, models }: RegistryPorts): Promise<boolean> {
  try {
    await readPointer(models, pipeline.name)
    return false
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'BUNDLE_INVALID') return true
    throw error
  }
}

/**
 * Writes a pointer anew in place of one that cannot be read, as its refusal tells the operator to. Its history is lost with it, though
 * the bucket's versions keep the old object.
 */
async function replaceBrokenPointer({ pipeline, models, nowMs }: RegistryPorts, promotion: Promotion): Promise<PointerOutcome> {
  const key = `champions/${pipeline.name}.json`
  const broken = await models.get(key)
  const pointer = toPromoted(null, { ...promotion, nowMs: nowMs() })
  if (await models.putIf(key, Buffer.from(JSON.stringify(pointer, null, 2)), broken?.etag ?? null)) {
    return { isChanged: true, before: null, pointer }
  }
  throw new MillraceError('CHAMPION_CONFLICT', 'another writer moved the pointer while it was being replaced; try again', {
    retryable: true,
  })
}
