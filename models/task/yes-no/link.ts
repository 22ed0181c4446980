import type { Link } from '../../layer/link.ts'
import { sigmoid } from '../../sigmoid.ts'

const floor = 1e-4

/** A probability of yes as the layer's learners add it up: log-odds. */
export const yesNoLink: Link = {
  clip: score => Math.max(floor, Math.min(1 - floor, score)),
  toLink: score => Math.log(score / (1 - score)),
  toScore: sigmoid,
  lossOf: (score, target) => -Math.log(target === 1 ? score : 1 - score),
}
