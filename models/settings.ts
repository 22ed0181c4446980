import { MillraceError } from './errors.ts'

/** One number that a user may set: written once, here; checks, types and documentation follow from it. */
export interface Setting {
  readonly default: number
  readonly min: number
  readonly max: number
  readonly isInteger?: boolean
  readonly meaning: string
}

export type SettingsOf<Table extends Readonly<Record<string, Setting>>> = { readonly [Name in keyof Table]: number }

/**
 * Fills in the defaults and checks every range; NaN and unknown names are refused too.
 *
 * `part` is where the settings stand in the definition, for the message.
 *
 * @throws MillraceError SETTING_INVALID
 * @example parseSettings('trainer', logisticSettings, { l2: 5 })
 */
export function parseSettings<Table extends Readonly<Record<string, Setting>>>(
  part: string,
  table: Table,
  given: Readonly<Record<string, unknown>>,
): SettingsOf<Table> {
  for (const [name, value] of Object.entries(given)) {
    const setting = Object.hasOwn(table, name) ? table[name] : undefined
    if (!setting) {
      throw new MillraceError(
        'SETTING_INVALID',
        `${part}.${name} is not a setting; allowed are ${Object.keys(table).join(', ')}; change it in models/pipeline.ts`,
      )
    }
    const isInRange = typeof value === 'number' && value >= setting.min && value <= setting.max
    if (!isInRange || (setting.isInteger && !Number.isInteger(value))) {
      throw new MillraceError(
        'SETTING_INVALID',
        `${part}.${name} must be ${setting.isInteger ? 'a whole number ' : ''}from ${setting.min} to ${setting.max}, got ${value}; change it in models/pipeline.ts`,
      )
    }
  }
  const defaults = Object.fromEntries(Object.entries(table).map(([name, setting]) => [name, setting.default]))
  return { ...defaults, ...given } as SettingsOf<Table>
}
