import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toBacktestPage } from '../../../../cli/backtest/html/page.ts'
import type { BacktestResult } from '../../../../cli/backtest/result.ts'
import { makeEmptyResult, makeRegressionResult, makeSampleResult } from './sample-result.ts'

const sample = makeSampleResult()
const page = toBacktestPage(sample)
/** What a reader sees: no tags, no style sheet, tooltips included. */
const toWords = (markup: string) =>
  markup
    .replace(/<style>[\s\S]*<\/style>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
const chartsOf = (markup: string) => [...markup.matchAll(/aria-label="([^"]*) over the rows"/g)].map(([, name]) => name)

const evil = `<script>alert("x")</script>&'`
const evilResult: BacktestResult = {
  ...sample,
  pipeline: evil,
  data: evil,
  definition: evil,
  rejected: { [evil]: 3 },
  inputs: [{ name: evil, file: evil, rows: 1, rejected: { [evil]: 1 } }],
  retrains: sample.retrains.map(retrain => ({ ...retrain, reason: evil, version: evil, trainer: evil })),
  promotions: sample.promotions.map(promotion => ({ ...promotion, version: evil, reason: evil })),
  importance: [{ feature: evil, lossIncrease: 1 }],
}
const brokenResult: BacktestResult = {
  ...sample,
  accuracy: Number.NaN,
  windows: sample.windows.map(window => ({ ...window, accuracy: Number.NaN, logLoss: Number.POSITIVE_INFINITY })),
  importance: [{ feature: 'a', lossIncrease: Number.NaN }],
}
const pages: readonly [name: string, result: BacktestResult][] = [
  ['a whole stream', sample],
  ['a stream without a model', makeEmptyResult()],
  ['a stream of numbers', makeRegressionResult()],
  ['one window', makeSampleResult(1)],
  ['no window', { ...sample, windows: [] }],
  ['names that are markup', evilResult],
  ['figures that are no numbers', brokenResult],
]

describe('toBacktestPage', () => {
  for (const [name, result] of pages) {
    it(`closes every tag that it opens, for ${name}`, () => {
      const open: string[] = []
      for (const [, end, tag, self] of toBacktestPage(result).matchAll(/<(\/?)([a-z][a-z0-9]*)(?:"[^"]*"|[^">])*?(\/?)>/g)) {
        if (end) assert.equal(open.pop(), tag)
        else if (!self && tag !== 'meta') open.push(tag)
      }
      assert.deepEqual(open, [])
    })
    it(`loads nothing, runs nothing and shows no figure that is none, for ${name}`, () => {
      const markup = toBacktestPage(result)
      assert.equal(/<script|<link|<img|<iframe|\ssrc=|\shref=|\son\w+=|@import|url\(/.exec(markup)?.[0], undefined)
      assert.equal(/NaN|undefined|null|Infinity|\[object/.exec(markup)?.[0], undefined)
    })
  }
  it('shows each figure beside the baselines, with the difference', () => {
    assert.match(toWords(page), /Accuracy 0\.831 no change 0\.769 \+0\.062 majority 0\.576 \+0\.256/)
    assert.match(toWords(page), /Log loss 0\.402 majority 0\.682 −0\.280/)
    assert.match(toWords(page), /AUC 0\.901 by chance 0\.500 \+0\.401/)
  })
  it('says what was read of each input, and which was left out', () => {
    assert.match(
      toWords(page),
      /input weather: 17,520 rows of weather\.csv input holidays was left out: what features are given of it is missing/,
    )
  })
  it('says in words whether the baselines were beaten', () => {
    assert.match(page, /By accuracy over the whole stream it beats no change by 0\.062 and beats majority by 0\.256/)
    const worse = toBacktestPage({ ...sample, accuracy: 0.7 })
    assert.match(worse, /it loses to no change by 0\.069 and beats majority by 0\.124/)
  })
  it('draws accuracy, log loss and AUC over the windows', () => {
    assert.deepEqual(chartsOf(page), ['Accuracy', 'Accuracy', 'Log loss', 'Log loss', 'AUC', 'AUC']) // wide and narrow
  })
  it('draws MAE and RMSE for numbers, and compares with the mean', () => {
    const markup = toBacktestPage(makeRegressionResult())
    assert.deepEqual(chartsOf(markup), ['MAE', 'MAE', 'RMSE', 'RMSE'])
    assert.match(toWords(markup), /By MAE over the whole stream it beats no change by 266 and loses to mean by 54/)
  })
  it('draws the layer beside the model, and what its experts weighed', () => {
    const figures = { accuracy: 0.9, kappa: 0.8, auc: 0.95, logLoss: 0.2 }
    const windows = sample.windows.map((_, at) => ({ ...figures, weights: at % 2 === 0 ? [0.9, 0.08, 0.02] : [0.3, 0.68, 0.02] }))
    const markup = toBacktestPage({ ...sample, layer: { ...figures, members: ['champion', 'line 0.3', 'rate of labels'], windows } })
    assert.equal(markup.match(/with the layer<\/span>/g)?.length, 3)
    assert.match(markup, /aria-label="What the layer went by over the rows"/)
    assert.match(markup, /<title>champion 0.30\nline 0.3 0.68\nothers 0.02<\/title>/)
  })
  it('marks every promotion with its version, and every retrain', () => {
    for (const { version } of sample.promotions) assert.ok(page.includes(`<title>${version} at row `), version)
    const [chart] = page.match(/<svg class="wide"[\s\S]*?<\/svg>/) ?? []
    assert.equal(chart?.match(/class="retrain"/g)?.length, sample.retrains.length)
    assert.equal(chart?.match(/<path class="promotion"/g)?.length, sample.promotions.length)
  })
  it('lists every retrain with its cost, and every reason for a refusal', () => {
    assert.match(toWords(page), /50 retrains, 10 promoted; 47\.1 s of 48\.3 s went into training/)
    assert.match(toWords(page), /900 1996-05-25 18:00 schedule 900 logistic 0\.\d{4} 0\.20 promoted 19960112T0000-1e240 gain of/)
    assert.match(
      toWords(page),
      /15 of 45,312 rows \(0\.0 %\) were refused .* Reason Rows label\.class invalid option: .* 12 event\.demand .* 3/,
    )
  })
  it('shows names that are markup as text', () => {
    const markup = toBacktestPage(evilResult)
    assert.ok(markup.includes('<h1>Backtest of &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;</h1>'))
    assert.equal(markup.includes('<script'), false)
  })
  it('says so where there never was a model, no AUC, no refusal', () => {
    const markup = toBacktestPage(makeEmptyResult())
    assert.match(markup, /No model became champion: the figures are those of the base rate of the labels\./)
    assert.match(markup, /No model was trained/)
    assert.match(markup, /No row was refused/)
    assert.match(markup, /No prediction of a model has its label yet/)
    assert.deepEqual(chartsOf(markup), ['Accuracy', 'Accuracy', 'Log loss', 'Log loss'])
  })
  it('draws a level line for a window that stands alone', () => {
    assert.match(toBacktestPage(makeSampleResult(1)), /<path class="series model" d="M52 [\d.]+H746"\/>/)
  })
  it('shows no dates where the clock is the number of the row', () => {
    const fromMs = Date.UTC(2000, 0, 1)
    const markup = toBacktestPage({ ...sample, fromMs, toMs: fromMs + (sample.rows - 1) * 1_000 })
    assert.doesNotMatch(markup, /\d{4}-\d{2}-\d{2} \d{2}:\d{2}/)
    assert.match(page, /1996-05-07 00:00/)
  })
  it('tells the delay of labels in rows, in time, or as the label has it', () => {
    const toDelay = (labelDelay: BacktestResult['labelDelay']) =>
      /label delay<\/dt><dd>([^<]*)/.exec(toBacktestPage({ ...sample, labelDelay }))?.[1]
    const delays = [{ rows: 0 }, { rows: 1 }, { rows: 335 }, { ms: 5_400_000 }, 'label time'] as const
    assert.deepEqual(delays.map(toDelay), ['none', '1 row', '335 rows', '1.5 h', 'the label’s own time'])
  })
  it('is the same bytes for the same result', () => {
    assert.equal(toBacktestPage(makeSampleResult()), page)
  })
})
