import { InvalidArgumentError } from 'commander'

/** @throws commander's InvalidArgumentError for anything but a whole number from 1 */
export function parseCount(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1.')
}
