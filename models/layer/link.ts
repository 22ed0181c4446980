/**
 * What a kind of label is to the layer: how scores become numbers that add up, and what an error costs.
 *
 * The link is the canonical one of its loss: the loss's slope in the link's scale is score − target, which is all that the learners use.
 */
export interface Link {
  /** A score as experts may say it, within the bounds that keep every loss finite. */
  clip(score: number): number
  toLink(score: number): number
  toScore(link: number): number
  lossOf(score: number, target: number): number
  /** A clipped score in 16 bits, near enough to learn from, and back. */
  toCode(score: number): number
  fromCode(code: number): number
}
