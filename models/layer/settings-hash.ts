import { createHash } from 'node:crypto'
import * as settings from './settings.ts'
import type { LayerShape } from './shape.ts'

/** Names what the numbers of a state stand for: a state of another hash cannot be read. */
export function hashSettings(shape: LayerShape): string {
  return createHash('sha256')
    .update(JSON.stringify([settings, shape]))
    .digest('hex')
    .slice(0, 12)
}
