// Names that every JavaScript object has without being given them: `constructor`, `toString`, `__proto__` …

/**
 * Whether an object that lacks one of these names would answer with a function instead of undefined.
 *
 * @example hidesMissing(['id', 'constructor']) // true
 */
export function hidesMissing(names: readonly string[]): boolean {
  return names.some(name => name in Object.prototype)
}

/** The same fields in an object that has no others. */
export function withOwnNames<T extends object>(value: T): T {
  return Object.assign(Object.create(null), value)
}
