import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toDigits, toFixed, toRatio, toSigned, toSpan, toTime } from '../../../../cli/backtest/html/format.ts'
import { html } from '../../../../cli/backtest/html/markup.ts'

describe('figures on the page', () => {
  it('have a fixed number of digits, a true minus, and no minus before nothing', () => {
    assert.deepEqual(
      [toFixed(0.90642, 3), toFixed(-0.5, 2), toFixed(-0.0001, 3), toFixed(null, 3), toFixed(Number.NaN, 1), toFixed(1234567.8, 0)],
      ['0.906', '−0.50', '0.000', '–', '–', '1,234,568'],
    )
  })
  it('show the sign of a difference', () => {
    assert.deepEqual([toSigned(0.05, 2), toSigned(-0.05, 2), toSigned(0.0001, 2)], ['+0.05', '−0.05', '0.00'])
  })
  it('show about four digits of an amount', () => {
    assert.deepEqual([1234, 12.3, 1, 0.0123, 0].map(toDigits), [0, 2, 3, 5, 3])
  })
  it('show ratios, spans and times', () => {
    assert.deepEqual(
      [toRatio(0.0345), toSpan(5_400_000), toSpan(250), toTime(1_328_011_200_000), toTime(Number.NaN)],
      ['3.5 %', '1.5 h', '250 ms', '2012-01-31 12:00', '–'],
    )
  })
})

describe('html', () => {
  it('escapes what is put in, and leaves markup as it is', () => {
    assert.equal(
      html`<p title="${'"a"'}">${'<b>'}${html`<i>${[1, '&', null]}</i>`}</p>`.markup,
      '<p title="&quot;a&quot;">&lt;b&gt;<i>1&amp;</i></p>',
    )
  })
  it('takes out control characters', () => {
    assert.equal(html`${'a\u0000b'}`.markup, 'a\ufffdb')
  })
})
