import { withClaims } from '../claims.ts'
import type { SendRecords } from '../ports.ts'
import { rejectionClaims } from '../rejected.ts'
import { clusterSender, type SenderConfig, type SenderOptions, senderNames } from './kafka-sender.ts'
import { s3Store } from './s3.ts'

/** What such a sender is told by the stack: for `readConfig`. */
export const stepSenderNames = [...senderNames, 'ARCHIVE_BUCKET'] as const

/** The sender of a step that rejects: no rejection is too large for it, as long as the payload finds its place in the archive's bucket. */
export function stepSender(
  pipeline: string,
  config: SenderConfig & { readonly ARCHIVE_BUCKET: string },
  options: SenderOptions = {},
): SendRecords {
  return withClaims(clusterSender(config, options), { store: s3Store(config.ARCHIVE_BUCKET), ...rejectionClaims(pipeline) })
}
