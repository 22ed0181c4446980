import { InvalidArgumentError } from 'commander'

/**
 * Reads `name=value`, given any number of times, as a map from name to value.
 *
 * @throws commander's InvalidArgumentError for anything else, and for a name that was given before
 * @example parsePair('limits=limits.ndjson') // Map { 'limits' => 'limits.ndjson' }
 */
export function parsePair(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? []
  if (name === undefined) throw new InvalidArgumentError('It must be NAME=VALUE.')
  if (before.has(name)) throw new InvalidArgumentError(`'${name}' is given twice.`)
  return new Map(before).set(name, value)
}
