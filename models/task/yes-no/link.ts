import type { Link } from '../../layer/link.ts'
import { sigmoid } from '../../sigmoid.ts'

const floor = 1e-4

/** A 32-bit float and its bits. */
const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)
/** 2^-14, the power of two below `floor`, in those bits; and the bits that 16 have no room for. */
const leastBits = 113 << 23
const droppedBits = 12
const aboveHalf = 0x8000

/** A probability of yes as the layer's learners add it up: log-odds. */
export const yesNoLink: Link = {
  clip: score => Math.max(floor, Math.min(1 - floor, score)),
  toLink: score => Math.log(score / (1 - score)),
  toScore: sigmoid,
  lossOf: (score, target) => -Math.log(target === 1 ? score : 1 - score),
  // The nearer of 0 and 1 is the one whose distance is kept, to one in 4,096 of itself
  toCode(score) {
    const isAbove = score > 0.5
    float[0] = isAbove ? 1 - score : score
    return (isAbove ? aboveHalf : 0) | ((bits[0] + (1 << (droppedBits - 1)) - leastBits) >>> droppedBits)
  },
  fromCode(code) {
    bits[0] = ((code & (aboveHalf - 1)) << droppedBits) + leastBits
    return code & aboveHalf ? 1 - float[0] : float[0]
  },
}
