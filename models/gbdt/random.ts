/** Mixes two 32-bit numbers into one: murmur3's finaliser over a golden-ratio step. */
export function mixSeeds(seed: number, index: number): number {
  let hash = (seed + Math.imul(index + 1, 0x9e3779b9)) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Draws `drawCount` of the numbers 0 … `count` − 1, ascending: the first steps of a Fisher–Yates shuffle. */
export function drawWithout(count: number, drawCount: number, seed: number): number[] {
  const numbers = Array.from({ length: count }, (_, i) => i)
  for (let i = 0; i < drawCount; i++) {
    const j = i + (mixSeeds(seed, i) % (count - i))
    ;[numbers[i], numbers[j]] = [numbers[j], numbers[i]]
  }
  return numbers.slice(0, drawCount).sort((a, b) => a - b)
}
