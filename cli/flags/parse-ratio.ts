import { InvalidArgumentError } from 'commander'

/** @throws commander's InvalidArgumentError for anything but a number above 0 and at most 1 */
export function parseRatio(text: string): number {
  const ratio = Number(text)
  if (ratio > 0 && ratio <= 1) return ratio
  throw new InvalidArgumentError('It must be above 0 and at most 1.')
}
