/** Every way in which Millrace refuses or fails, by a closed code. */
export type ErrorCode =
  | 'ARGUMENT_INVALID'
  | 'BUNDLE_INVALID'
  | 'CHAMPION_CONFLICT'
  | 'DEFINITION_INVALID'
  | 'ENGINE_FAILED'
  | 'ENVIRONMENT_INVALID'
  | 'EVENT_INVALID'
  | 'FEATURES_DIFFER'
  | 'FILE_INVALID'
  | 'LAYER_INVALID'
  | 'MODELS_UNKNOWN'
  | 'PREREQUISITE_MISSING'
  | 'RECORD_UNREADABLE'
  | 'SEND_FAILED'
  | 'SERVER_FAILED'
  | 'SETTING_INVALID'
  | 'STORE_FAILED'
  | 'TRAINING_IMPOSSIBLE'

/**
 * The one error class of Millrace: what is wrong, what is allowed, what was there, where to change it.
 *
 * `retryable` says whether the same call may succeed later without a change; `cause` keeps the original.
 *
 * @example throw new MillraceError('SETTING_INVALID', 'trainer.l2 must be from 0 to 1000, got -1; change it in models/pipeline.ts')
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: ErrorCode
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
  }
}
