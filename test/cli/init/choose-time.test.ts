import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chooseTime } from '../../../cli/init/choose-time.ts'
import { profileOf, rowsOf } from './profile-of.ts'

async function choose(columns: Readonly<Record<string, readonly unknown[]>>, asked?: string) {
  const profile = await profileOf(rowsOf(columns))
  const inputs = profile.columns.filter(({ name }) => name !== 'label')
  return chooseTime(
    inputs,
    profile.rowCount,
    inputs.find(({ name }) => name === asked),
  )
}
const days = ['2020-01-01', '2020-01-02', '2020-01-03', '2020-01-04']
const textsOf = (choice: Awaited<ReturnType<typeof choose>>) => choice.notes.map(({ column, text }) => `${column} ${text}`)

describe('chooseTime', () => {
  for (const [what, column, cells, form] of [
    ['dates', 'day', days, 'iso'],
    ['milliseconds under the name of a time', 'sentAtMs', [1.6e12, 1.5e12, 1.7e12, 1.65e12], 'ms'],
    ['seconds under the name of a time', 'timestamp', [1.6e9, 1.6e9 + 0.5, 1.6e9 + 1, 1.6e9 + 2], 'seconds'],
    ['sorted whole milliseconds under any name', 'x', [1.6e12, 1.6e12 + 5, 1.6e12 + 9, 1.7e12], 'ms'],
    ['days that can only come first', 'day', ['12.01.2020', '13.01.2020', '14.01.2020', '15.01.2020'], 'day first'],
  ] as const) {
    it(`takes ${what}`, async () => {
      const { column: chosen, clock } = await choose({ amount: [3, 1, 2, 5], [column]: cells })
      assert.deepEqual([chosen?.name, clock?.form], [column, form])
    })
  }
  it('takes the sorted one of several and tells of the others', async () => {
    const choice = await choose({ born: ['1999-01-01', '1980-01-01', '1990-01-01', '1985-01-01'], day: days })
    assert.equal(choice.column?.name, 'day')
    assert.deepEqual(
      choice.others.map(({ name }) => name),
      ['born'],
    )
    assert.deepEqual(textsOf(choice), ["day was taken for the event's time; so could be 'born'"])
  })
  it('takes the one that was asked for', async () => {
    assert.equal((await choose({ a: days, b: days }, 'b')).column?.name, 'b')
  })
  it('tells of an order that cannot be told', async () => {
    const choice = await choose({ day: ['1/2/2020', '1/3/2020', '1/4/2020', '1/5/2020'] })
    assert.deepEqual(textsOf(choice), ['day could have its day or its month first: read as month first'])
  })
  it('tells of times that go back', async () => {
    const choice = await choose({ day: [...days.slice(1), days[0]] })
    assert.deepEqual(textsOf(choice), ['day goes back in 1 row (25.0 %): a backtest needs --sort'])
  })
  it('takes no clock from before 1970, and says why', async () => {
    const choice = await choose({ day: ['1958-03-01', ...days.slice(1)] })
    assert.equal(choice.column, undefined)
    assert.match(textsOf(choice)[0], /^day holds times from 1958-03-01 to 2020-01-04: an event's time must be from 1970 to 2100$/)
  })
  it('takes no rising number whose unit cannot be told, and says so', async () => {
    const choice = await choose({ time: [0, 1, 5, 172_792] })
    assert.equal(choice.column, undefined)
    assert.match(textsOf(choice)[0], /^time rises from 0 to 172792 in an unknown unit: read as a number/)
  })
  it('takes no column with one text that is no time', async () => {
    assert.equal((await choose({ day: [...days.slice(1), 'soon'] })).column, undefined)
  })
  it('rejects a --time that is no clock, with what it holds', async () => {
    await assert.rejects(choose({ city: ['a', 'b', 'c', 'd'] }, 'city'), {
      code: 'ARGUMENT_INVALID',
      message: /^--time must be a column of clock times from 1970 to 2100 in every row: .*; 'city' holds 'a'$/,
    })
  })
})
