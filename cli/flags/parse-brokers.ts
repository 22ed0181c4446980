import { InvalidArgumentError } from 'commander'

/** @throws commander's InvalidArgumentError for anything but `host:port`, more than one separated by commas */
export function parseBrokers(text: string): string {
  if (/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/.test(text)) return text
  throw new InvalidArgumentError('It must be host:port, more than one separated by commas.')
}
