/** From values to places on a chart, with the values that its axis names. */
export interface Scale {
  readonly min: number
  readonly max: number
  readonly ticks: readonly number[]
  /** Decimal places that tell the ticks apart. */
  readonly digits: number
  at(value: number): number
}

/**
 * A linear scale between two places, widened to whole ticks of 1, 2 or 5 times a power of ten.
 *
 * Values that are no numbers are passed over; without any the scale goes from 0 to 1. One value alone stands in the middle.
 *
 * @example makeScale([0.61, 0.88], { from: 200, to: 0, tickCount: 4 }).ticks // [0.6, 0.7, 0.8, 0.9]
 */
export function makeScale(
  values: readonly (number | null)[],
  { from, to, tickCount, isWidened = true }: { from: number; to: number; tickCount: number; isWidened?: boolean },
): Scale {
  const [low, high] = toRange(values)
  const step = toStep((high - low) / tickCount)
  const min = isWidened ? Math.floor(low / step + 1e-9) * step : low
  const max = isWidened ? Math.ceil(high / step - 1e-9) * step : high
  const first = Math.ceil(min / step - 1e-9)
  const count = Math.floor(max / step + 1e-9) - first + 1
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  return {
    min,
    max,
    digits,
    ticks: Array.from({ length: count }, (_, tick) => Number(((first + tick) * step).toFixed(digits))),
    at: value => from + ((value - min) / (max - min)) * (to - from),
  }
}

function toRange(values: readonly (number | null)[]): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  if (low > high) return [0, 1]
  const margin = Math.max(Math.abs(low) * 0.01, 0.01)
  return high - low < 1e-9 ? [low - margin, high + margin] : [low, high]
}

/** The smallest of 1, 2, 5 times a power of ten that is not below. */
function toStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast))
  const factor = [1, 2, 5, 10].find(candidate => candidate * power >= atLeast * (1 - 1e-9)) ?? 10
  return factor * power
}
