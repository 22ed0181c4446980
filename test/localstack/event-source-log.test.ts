import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeErrorScreen } from '../../localstack/event-source-log.ts'

const error = (message: string, functionName = 'infer') => ({ level: 'error', functionName, message }) as const

/** A screen of lines, and a clock to be set. */
function makeScreen() {
  const lines: string[] = []
  const clock = { ms: 0 }
  return {
    lines,
    clock,
    show: makeErrorScreen(
      line => lines.push(line),
      () => clock.ms,
    ),
  }
}

describe('makeErrorScreen', () => {
  it('shows an error of the event source at once, and no warning', () => {
    const { lines, show } = makeScreen()
    show({ level: 'warn', functionName: 'infer', message: '3 records come again' })
    show(error('the consumer of flights.features crashed'))
    assert.deepEqual(lines, ['event source: error infer the consumer of flights.features crashed'])
  })
  it('shows each function on its own, and the latest of many every five seconds', () => {
    const { lines, clock, show } = makeScreen()
    for (const at of [0, 1, 2]) show(error(`gave up ${at}`))
    show(error('gave up', 'join'))
    clock.ms = 5_000
    show(error('gave up 3'))
    clock.ms = 10_000
    show(error('gave up 4'))
    assert.deepEqual(lines, [
      'event source: error infer gave up 0',
      'event source: error join gave up',
      'event source: error infer gave up 3 (2 more before it, in event-source.log)',
      'event source: error infer gave up 4',
    ])
  })
})
