import type { KafkaRecord } from './ports.ts'

type Headers = KafkaRecord['headers']

/**
 * The headers that a record came with, and those that we put after them: the last one of each of our names.
 *
 * A producer may write such names too; its own are before ours.
 *
 * @example splitHeaders([['a', one], ['n', two], ['n', three]], ['n']) // [[['a', one], ['n', two]], [['n', three]]]
 */
export function splitHeaders<Pair extends Headers[number] | readonly [name: string, value: Buffer | string]>(
  headers: readonly Pair[],
  ourNames: readonly string[],
): readonly [own: readonly Pair[], ours: readonly Pair[]] {
  const last = new Map(headers.map(([name], at) => [name, at]))
  const isOurs = ([name]: Pair, at: number) => ourNames.includes(name) && last.get(name) === at
  return [headers.filter((pair, at) => !isOurs(pair, at)), headers.filter(isOurs)]
}
