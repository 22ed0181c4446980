/**
 * The same aggregates over several windows: each name with each window's name after it.
 *
 * @example eachWindow({ '1h': hourMs, '3h': 3 * hourMs }, { paid: { over: 'events', by: card, value: amount, stat: 'sum' } }) // { paid1h, paid3h }
 */
export function eachWindow<const W extends Readonly<Record<string, number>>, const A extends Readonly<Record<string, object>>>(
  windowsMs: W,
  aggregates: A,
): { readonly [Name in keyof A & string as `${Name}${keyof W & string}`]: A[Name] & { readonly windowMs: number } } {
  const spread = Object.entries(aggregates).flatMap(([name, aggregate]) => {
    return Object.entries(windowsMs).map(([suffix, windowMs]) => [name + suffix, { ...aggregate, windowMs }])
  })
  return Object.fromEntries(spread)
}

/** Features that hand each of these aggregates to the model as it is. @example features: { ...asFeatures(aggregates) } */
export function asFeatures<A extends object>(
  aggregates: A,
): {
  readonly [Name in keyof A & string]: (event: unknown, rows: unknown, values: { readonly [Of in Name]: number | null }) => number | null
} {
  const features = Object.keys(aggregates).map(name => [
    name,
    (_event: unknown, _rows: unknown, values: Readonly<Record<string, number | null>>) => values[name] ?? null,
  ])
  return Object.fromEntries(features)
}
