import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toFixedOrDash, toMinute, toTable } from '../../cli/table.ts'

describe('toTable', () => {
  it('aligns texts left and numbers right, as wide as the widest cell', () => {
    const columns = [{ title: 'model' }, { title: 'rows', align: 'right' as const }, { title: 'why' }]
    assert.equal(
      toTable(columns, [
        ['version-1', '5', 'best'],
        ['v2', '12,345', ''],
      ]),
      ['model        rows  why', 'version-1       5  best', 'v2         12,345'].join('\n'),
    )
  })
})

describe('toMinute', () => {
  it('is the time in UTC to the minute', () => {
    assert.equal(toMinute(Date.UTC(2026, 10, 23, 5, 7, 59)), '2026-11-23 05:07')
  })
})

describe('toFixedOrDash', () => {
  it('is a dash where there is no value', () => {
    assert.deepEqual([toFixedOrDash(0.12345), toFixedOrDash(null)], ['0.1235', '-'])
  })
})
