import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeDifference } from '../../../cli/parity/difference.ts'
import type { ParityReport } from '../../../cli/parity/run.ts'
import { toParityText } from '../../../cli/parity/text.ts'

const features = [
  { name: 'miles', kind: 'number' },
  { name: 'origin', kind: 'category' },
] as const

/** A report of rows of `[miles, origin]`, as logged and as made again. */
function report(rows: readonly (readonly [logged: unknown[], now: unknown[], doubtful?: number[]])[], changes: Partial<ParityReport> = {}) {
  const difference = makeDifference(features, 0.5)
  rows.forEach(([logged, now, doubtful = []], at) => {
    const row = { id: `f${at}`, partition: 0, offset: at, atMs: 0, features: logged as number[] }
    difference.add(row, now as number[], () => new Set(doubtful))
  })
  const { rows: compared, ...differences } = difference.read()
  const counts = { events: compared, sampled: compared, refusedNow: 0, notPredicted: 0, otherLayout: 0, forgotten: 0, notArchived: 0 }
  return { knowledge: 'exact', compared, lookAhead: null, ...counts, ...differences, ...changes } satisfies ParityReport
}

describe('the text of parity', () => {
  it('says in three lines that all is equal', () => {
    assert.equal(
      toParityText(
        report(
          [
            [
              [1, 'JFK'],
              [1, 'JFK'],
            ],
          ],
          { notPredicted: 1_200 },
        ),
      ),
      [
        '1 rows compared, made again from the archive with what each event had seen by the log of the state table',
        '1 rows the same to the bit; 0 with a difference that nothing explains',
        '1,200 not compared: no archived prediction',
        '2 of 2 features the same to the bit in all rows',
      ].join('\n'),
    )
  })
  it('tells each feature that differs, how far, and its first row', () => {
    const text = toParityText(
      report(
        [
          [
            [1, 'JFK'],
            [1.5, 'JFK'],
          ],
          [[1, 'JFK'], [3, 'ORD'], [1]],
          [
            [null, 'JFK'],
            [3, 'JFK'],
          ],
        ],
        { lookAhead: { aheadMs: 60_000, values: 1, of: 2 } },
      ),
    )
    assert.deepEqual(text.split('\n').slice(3), [
      'a look-ahead: labels and streams counted 60 s before their time give 1 of 2 unexplained values as they were logged',
      '',
      'feature  rows  equal  tolerated  not there yet  unexplained  mean gap  largest gap',
      'miles       3      0          1              0            2     1.250        2.000',
      'origin      3      2          0              1            0         -            -',
      '',
      'miles of f1 (1970-01-01T00:00:00.000Z, partition 0, offset 1): logged 1, now 3',
    ])
  })
})
