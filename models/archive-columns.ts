import type { Pipeline } from './pipeline-compiler.ts'

const prefixes = { number: 'feature_', category: 'category_' } as const

/**
 * The archive's column of a feature. Its name tells the kind, so a feature that becomes a category is another column beside the old one:
 * a table of Glue has one type a column for objects of every age.
 *
 * @example featureColumn({ name: 'origin', kind: 'category' }) // 'category_origin'
 */
export function featureColumn({ name, kind }: Pick<Pipeline['features'][number], 'name' | 'kind'>): string {
  return prefixes[kind] + name
}

/** Whether a column of the archive is a feature's. */
export function isFeatureColumn(column: string): boolean {
  return Object.values(prefixes).some(prefix => column.startsWith(prefix))
}
