import { eventKinds } from './event-kinds.ts'
import { intruderKinds, labelKinds } from './other-kinds.ts'
import type { HostileKind } from './spec.ts'

/** Every kind of hostile record by its name. */
export const hostileKinds: Readonly<Record<string, HostileKind>> = { ...eventKinds, ...labelKinds, ...intruderKinds }
