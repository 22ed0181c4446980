// Names that every JavaScript object has without being given them: `constructor`, `toString`, `valueOf` …

/**
 * Those of the names that an object which lacks them would answer with a function instead of undefined.
 *
 * @example inheritedNames(['id', 'constructor']) // ['constructor']
 */
export function inheritedNames(names: readonly string[]): string[] {
  return names.filter(name => name in Object.prototype)
}

/**
 * The value with those of the names that it lacks as undefined; the value itself where it is no object, or lacks none.
 *
 * @example ownNames({ id: 7 }, ['constructor']) // { id: 7, constructor: undefined }
 */
export function ownNames(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const missing = names.filter(name => !Object.hasOwn(value, name))
  return missing.length === 0 ? value : { ...value, ...Object.fromEntries(missing.map(name => [name, undefined])) }
}
