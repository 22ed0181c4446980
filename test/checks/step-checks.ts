import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KafkaRecord, OutgoingRecord, Step } from '#functions/ports.ts'

/** A step under test: fresh, with what it wrote, and with a switch that breaks the port of that number of calls. */
export interface StepUnderTest {
  readonly step: Step
  /** Everything the step wrote through its ports, in order, as text that can be compared. */
  written(): readonly string[]
}

export interface StepCase {
  readonly name: string
  /** Makes the step; the port call of that number (0 is the first) throws, if any. */
  open(options?: { readonly breakCall?: number }): StepUnderTest
  /** Two good records of partition 0 and two of partition 1. */
  readonly good: readonly KafkaRecord[]
  readonly bad: readonly KafkaRecord[]
}

/** What every step must hold, whatever it does. */
export function stepChecks({ name, open, good, bad }: StepCase): void {
  describe(`step ${name}`, () => {
    it('takes an empty batch', async () => {
      assert.deepEqual((await open().step([])).failed ?? [], [])
    })
    it('takes a batch of one', async () => {
      const { step, written } = open()
      assert.deepEqual((await step(good.slice(0, 1))).failed ?? [], [])
      assert.ok(written().length > 0)
    })
    it('takes a batch in which all are bad, and fails none', async () => {
      assert.deepEqual((await open().step(bad)).failed ?? [], [])
    })
    it('treats the good ones among bad ones as if they were alone', async () => {
      const alone = open()
      await alone.step(good)
      const mixed = open()
      await mixed.step([bad[0], ...good, ...bad.slice(1)])
      for (const line of alone.written()) assert.ok(mixed.written().includes(line), `${line} must be written among bad records too`)
    })
    it('keeps the order of two interleaved partitions', async () => {
      const { step, written } = open()
      const [a, b, c, d] = good
      await step([a, c, b, d])
      const separate = open()
      await separate.step([a, b])
      await separate.step([c, d])
      assert.deepEqual([...written()].sort(), [...separate.written()].sort())
    })
    it('writes the same again when a batch comes twice', async () => {
      const first = open()
      await first.step(good)
      const second = open()
      await second.step(good)
      assert.deepEqual(second.written(), first.written())
    })
    it('throws or reports records when a port is broken, and never answers success', async () => {
      for (let breakCall = 0; ; breakCall++) {
        const { step } = open({ breakCall })
        const outcome = await step(good).then(
          ({ failed = [] }) => failed.length,
          () => good.length,
        )
        if (outcome === 0) {
          assert.ok(breakCall > 0, 'at least one port call must matter')
          return // past the last call: nothing was broken
        }
      }
    })
  })
}

/** A function that throws at its call of that number, counted over all functions of one breaker. */
export function makeBreaker(breakCall: number | undefined) {
  let calls = 0
  return () => {
    if (calls++ === breakCall) throw new Error('broken on purpose')
  }
}

/** A record with the given value as JSON, or as it is where it is a buffer or null. */
export function makeRecord(value: unknown, place: Partial<KafkaRecord> = {}): KafkaRecord {
  const isRaw = value === null || Buffer.isBuffer(value)
  return {
    topic: 'flights.events',
    partition: 0,
    offset: 0,
    recordedAtMs: Date.UTC(2026, 10, 23, 5),
    key: Buffer.from('key'),
    headers: [],
    value: isRaw ? (value as Buffer | null) : Buffer.from(JSON.stringify(value)),
    ...place,
  }
}

/** An outgoing record as one line of text. */
export function toLine({ topic, key, value, headers = [] }: OutgoingRecord): string {
  return [topic, key, value, ...headers.map(([name, content]) => `${name}=${content}`)].join(' | ')
}
