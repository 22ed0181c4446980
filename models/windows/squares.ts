/**
 * A whole number's square as three whole numbers that add up exactly: u = a · 2²² + b gives u² = a² · 2⁴⁴ + 2ab · 2²² + b².
 *
 * One number would be inexact from 9e15 on, which a few thousand squares reach; these hold at least 512 squares of the largest values.
 */
export const limb = 2 ** 22
export const highLimb = BigInt(limb)

export function splitSquare(units: number): readonly [high: number, cross: number, low: number] {
  const high = Math.floor(units / limb)
  const low = units - high * limb
  return [high * high, high * low, low * low]
}
