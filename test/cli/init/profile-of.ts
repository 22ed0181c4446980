import type { FileRow } from '../../../cli/file-row.ts'
import { type FileProfile, type ProfileOptions, profileFile } from '../../../cli/init/file-profile.ts'

/** The profile of rows given as objects. */
export function profileOf(rows: readonly unknown[], options: Partial<ProfileOptions> = {}): Promise<FileProfile> {
  return profileFile(toFileRows(rows), { file: 'rows.csv', label: 'label', ...options })
}

/** Columns of equal length as rows, with a label that alternates where none is given. */
export function rowsOf(columns: Readonly<Record<string, readonly unknown[]>>): Record<string, unknown>[] {
  const [first] = Object.values(columns)
  return first.map((_, at) => ({
    label: at % 2,
    ...Object.fromEntries(Object.entries(columns).map(([name, cells]) => [name, cells[at]])),
  }))
}

async function* toFileRows(rows: readonly unknown[]): AsyncGenerator<FileRow> {
  for (const [at, fields] of rows.entries()) yield { at: `line ${at + 2}`, fields, json: JSON.stringify(fields) }
}
