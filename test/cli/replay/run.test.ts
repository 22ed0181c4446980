import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changePointer, toPromoted } from '#functions/bundles/registry.ts'
import { openCurrentLayer } from '#functions/layer/current.ts'
import { startState } from '#functions/layer/state.ts'
import type { ScoredRow } from '#models/layer/row-reader.ts'
import { pipeline } from '#models/pipeline.ts'
import { toDifferenceText } from '../../../cli/replay/difference-text.ts'
import { toFeatureSource } from '../../../cli/replay.ts'
import { hour, makeEvent, makeLabel, openArchive } from './archived.ts'

const events = Array.from({ length: 60 }, (_, at) => makeEvent(at))

describe('a replay with the models of then', () => {
  it('gives the same bytes as then, keys included', async () => {
    const { predict, scorers, live, replay } = await openArchive()
    await predict(events.slice(0, 20), { champion: scorers.v1 }, hour + 21_000)
    await predict(events.slice(20, 45), { champion: scorers.v2 }, hour + 46_000)
    await predict(events.slice(45), { champion: scorers.v1 }, hour + 61_000)
    const { report, replayed } = await replay()
    assert.deepEqual(replayed, live)
    assert.equal(replayed.size, 60)
    assert.deepEqual([report.difference.identical, report.difference.records, report.difference.maxGap], [60, 60, 0])
  })
  it('gives the same bytes where a layer scored too, for some rows, and decided', async () => {
    const { predict, scorers, live, replay } = await openArchive()
    const layer = openCurrentLayer(pipeline, { ...startState(pipeline), version: 5 })
    const decisive = { score: (row: ScoredRow) => ({ ...layer.score(row), score: 0.9 }) }
    await predict(events.slice(0, 20), {}, hour + 21_000, { layer: async () => layer })
    await predict(events.slice(20, 40), { champion: scorers.v1 }, hour + 41_000, { layer: async () => decisive })
    await predict(events.slice(40), { champion: scorers.v1 }, hour + 61_000)
    const { report, replayed } = await replay()
    assert.deepEqual(replayed, live)
    assert.deepEqual([report.difference.identical, report.difference.flipped], [60, 0])
    assert.equal([...live.values()].filter(text => text.includes('"layer":')).length, 40)
  })
  it('gives the same bytes for events without a key', async () => {
    const { predict, scorers, live, replay } = await openArchive()
    await predict(
      events.map(event => ({ ...event, key: null })),
      { champion: scorers.v1, challenger: { scorer: scorers.v2, share: 0.5 } },
      hour + 61_000,
    )
    assert.deepEqual((await replay()).replayed, live)
  })
  it('gives the same bytes where there was no champion yet', async () => {
    const { predict, live, replay } = await openArchive()
    await predict(events, {}, hour + 61_000)
    const { report, replayed } = await replay()
    assert.deepEqual(replayed, live)
    assert.equal(report.difference.identical, 60)
  })
  it('gives the same bytes beside a shadow and a challenger, whatever its share was', async () => {
    for (const share of [0, 0.3, 1]) {
      const { predict, scorers, live, replay } = await openArchive()
      await predict(events, { champion: scorers.v1, shadow: scorers.v2, challenger: { scorer: scorers.v3, share } }, hour + 61_000)
      const arms = [...live.values()].filter(text => text.includes('"arm":"challenger"')).length
      assert.ok(share === 0 ? arms === 0 : arms > 5 && (share === 1) === (arms === 60), `${arms} at share ${share}`)
      const { report, replayed } = await replay()
      assert.deepEqual(replayed, live)
      assert.equal(report.difference.identical, 60)
    }
  })
  it('gives the same bytes beside a challenger alone', async () => {
    const { predict, scorers, live, replay } = await openArchive()
    await predict(events, { champion: scorers.v1, challenger: { scorer: scorers.v3, share: 0.3 } }, hour + 61_000)
    assert.deepEqual((await replay()).replayed, live)
  })
  it('scores two batches of one moment apart, each with its model', async () => {
    const { predict, scorers, live, replay } = await openArchive()
    await predict(events.slice(0, 30), { champion: scorers.v1 }, hour + 61_000)
    await predict(events.slice(30), { champion: scorers.v2 }, hour + 61_000)
    assert.deepEqual((await replay()).replayed, live)
  })
  it('takes each record once, however the objects of the archive overlap', async () => {
    const { predict, scorers, live, replay, archiveEvents } = await openArchive()
    await predict(events, { champion: scorers.v1 }, hour + 61_000)
    await archiveEvents(events.slice(10, 50))
    const { report, sent } = await replay()
    assert.deepEqual([report.total, sent.length, live.size], [60, 60, 60])
  })
  it('takes the last prediction of an event that was scored twice', async () => {
    const { predict, scorers, live, replay } = await openArchive()
    await predict(events, { champion: scorers.v1 }, hour + 61_000)
    await predict(events.slice(0, 10), { champion: scorers.v2 }, hour + 62_000, { isArchived: false })
    const { report, replayed } = await replay()
    assert.deepEqual(replayed, live)
    assert.equal(report.difference.identical, 60)
  })
  it('takes the events that arrived from --from on and before --to', async () => {
    const { predict, scorers, replay } = await openArchive()
    await predict(events, { champion: scorers.v1 }, hour + 61_000)
    const { report } = await replay({ fromMs: hour + 10_000, toMs: hour + 20_000 })
    assert.deepEqual([report.total, report.difference.identical], [10, 10])
  })
  it('finds predictions of the next hour', async () => {
    const { predict, scorers, replay } = await openArchive()
    const late = [3_598, 3_599].map(at => makeEvent(at))
    await predict(late, { champion: scorers.v1 }, hour + 3_600_500)
    assert.equal((await replay()).report.difference.identical, 2)
  })
  it('sends what is rejected to the shadow topic, and writes to no live one', async () => {
    const { predict, scorers, replay } = await openArchive()
    const broken = makeEvent(60, { value: Buffer.from('{'), headers: [['h', Buffer.from([0xff])]] })
    await predict([...events, broken], { champion: scorers.v1 }, hour + 61_000)
    const { report, sent } = await replay()
    assert.deepEqual([report.predictions, report.rejected, report.difference.neither], [60, 1, 1])
    assert.deepEqual([...new Set(sent.map(({ topic }) => topic))].toSorted(), ['shadow.predictions', 'shadow.rejected'])
    const rejected = sent.find(({ topic }) => topic === 'shadow.rejected')
    assert.deepEqual([rejected?.value, rejected?.headers?.[0]], [broken.value, ['h', Buffer.from([0xff])]])
  })
  it('scores an event without a prediction with the champion of its time', async () => {
    const { archiveEvents, models, replay } = await openArchive()
    await archiveEvents(events)
    for (const [version, sinceMs] of [
      ['v1', hour + 10_000],
      ['v2', hour + 40_000],
    ] as const) {
      await changePointer(models, pipeline.name, champion => toPromoted(champion, { version, reason: '', nowMs: sinceMs }))
    }
    const { difference } = (await replay()).report
    assert.deepEqual(
      difference.byModel.map(({ modelNow, newNow }) => [modelNow, newNow]),
      [
        [null, 10],
        ['v1', 30],
        ['v2', 20],
      ],
    )
  })
  it('compares without a shadow whose bundle is gone, and says so', async () => {
    const { predict, scorers, models, replay } = await openArchive()
    await predict(events, { champion: scorers.v1, shadow: scorers.v2 }, hour + 61_000)
    await models.put('bundles/flights/v2/model.onnx', Buffer.from('cut'))
    const { report } = await replay()
    assert.deepEqual([report.gone, report.difference.identical], [['v2'], 60])
    assert.match(toDifferenceText(report.difference, report.gone), /compared without what v2 gave beside the counting score/)
  })
})

describe('a replay with archived features', () => {
  it('gives the same bytes as then without looking at the events again', async () => {
    const { predict, archiveEvents, scorers, live, replay } = await openArchive()
    await predict(events, { champion: scorers.v1, challenger: { scorer: scorers.v3, share: 0.3 } }, hour + 61_000, { isArchived: false })
    await archiveEvents(events.map(event => ({ ...event, value: Buffer.from('{') })))
    const { report, replayed } = await replay({ features: 'archived' })
    assert.deepEqual(replayed, live)
    assert.deepEqual([report.difference.identical, report.rejected], [60, 0])
  })
  it('leaves out an event that was not predicted then', async () => {
    const { predict, archiveEvents, scorers, replay } = await openArchive()
    await predict(events.slice(0, 50), { champion: scorers.v1 }, hour + 61_000)
    await archiveEvents(events.slice(50))
    const { report, sent } = await replay({ features: 'archived', version: 'v1' })
    assert.deepEqual([report.difference.identical, report.difference.neither, sent.length], [50, 10, 50])
  })
})

describe('toFeatureSource', () => {
  it('is what was asked for, else archived where the definition has windows', () => {
    assert.deepEqual(
      [toFeatureSource('again', pipeline), toFeatureSource(undefined, pipeline), toFeatureSource(undefined, { windows: undefined })],
      ['again', 'archived', 'again'],
    )
  })
})

describe('a replay of windows', () => {
  it('gives the same bytes from the events and labels that arrived before', async () => {
    const { predict, count, archiveEvents, scorers, live, replay } = await openArchive({ pipeline })
    const labels = events.map((_, at) => makeLabel(at))
    await archiveEvents(labels)
    let counted = 0
    for (let from = 0; from < 60; from += 20) {
      const batch = events.slice(from, from + 20)
      const known = labels.filter(({ recordedAtMs }) => recordedAtMs <= batch[19].recordedAtMs)
      await count(known.slice(counted))
      counted = known.length
      await predict(batch, { champion: scorers.v1 }, hour + (from + 21) * 1_000)
    }
    assert.equal(counted, 55)
    const { report, replayed } = await replay({ fromMs: hour + 40_000 })
    assert.deepEqual([report.difference.records, report.difference.identical], [20, 20])
    const delays = pipeline.features.findIndex(({ name }) => name === 'lateOfLeftOrigin1h')
    const seen = [...replayed].map(([place, text]) => {
      assert.equal(text, live.get(place))
      return JSON.parse(text.slice(text.indexOf('{'))).features[delays]
    })
    assert.ok(
      seen.some(share => share > 0),
      'the windows held labels',
    )
  })
})

describe('a replay with another model', () => {
  it('tells the difference, in all and by model', async () => {
    const { predict, scorers, live, replay } = await openArchive()
    await predict(events, { champion: scorers.v1 }, hour + 61_000)
    const { report, replayed } = await replay({ version: 'v3' })
    const scores = (topic: ReadonlyMap<string, string>) =>
      [...topic].toSorted().map(([, text]) => JSON.parse(text.slice(text.indexOf('{'))))
    const [then, now] = [scores(live), scores(replayed)]
    const gaps = then.map(({ score }, at) => Math.abs(now[at].score - score))
    const { byModel, ...counts } = report.difference
    assert.equal(counts.changed, gaps.filter(gap => gap > 0).length)
    assert.equal(counts.flipped, then.filter(({ decision }, at) => decision !== now[at].decision).length)
    assert.ok(counts.flipped > 0)
    assert.equal(counts.maxGap, Math.max(...gaps))
    assert.ok(Math.abs(counts.meanGap! - gaps.reduce((sum, gap) => sum + gap, 0) / 60) < 1e-12)
    assert.deepEqual(byModel, [{ modelThen: 'v1', modelNow: 'v3', ...counts }])
    const text = toDifferenceText(report.difference, report.gone)
    assert.match(
      text,
      /\n {2}60 {2}changed: \d+ with another decision; \|score now - score then\| at most 0\.\d+, 0\.\d+ in the mean of all\n/,
    )
    assert.match(text, /model then {2}model now {2}records {2}identical .*\nv1 {10}v3 {14}60 {10}0/)
  })
  it('gives the same bytes with the model of then', async () => {
    const { predict, scorers, live, replay } = await openArchive()
    await predict(events, { champion: scorers.v1 }, hour + 61_000)
    assert.deepEqual((await replay({ version: 'v1' })).replayed, live)
  })
  it('tells of predictions that are new, and leaves none unsent', async () => {
    const { predict, archiveEvents, scorers, replay } = await openArchive()
    await predict(events.slice(0, 50), { champion: scorers.v1 }, hour + 61_000)
    await archiveEvents(events.slice(50))
    const { report, sent } = await replay({ version: 'v1' })
    assert.deepEqual([report.difference.identical, report.difference.newNow, sent.length], [50, 10, 60])
  })
})

describe('a replay', () => {
  it('stops between batches when it is asked to, and tells the difference so far', async () => {
    const { predict, scorers, replay } = await openArchive()
    await predict(events.slice(0, 20), { champion: scorers.v1 }, hour + 21_000)
    await predict(events.slice(20), { champion: scorers.v1 }, hour + 61_000)
    const stopping = new AbortController()
    const { report, sent } = await replay({ signal: stopping.signal, onProgress: () => stopping.abort() })
    assert.match(report.error!.message, /^stopped after 20 records of 60$/)
    assert.deepEqual([report.replayed, report.difference.identical, sent.length], [20, 20, 20])
  })
  it('rejects an empty slice', async () => {
    const { predict, scorers, replay } = await openArchive()
    await predict(events, { champion: scorers.v1 }, hour + 61_000)
    await assert.rejects(replay({ fromMs: hour + 100_000 }), {
      code: 'ARGUMENT_INVALID',
      message: /no record of flights\.events that arrived from 2026-11-23T05:01:40\.000Z to .* is archived; change --from or --to/,
    })
  })
  it('rejects an unknown model, naming the nearest', async () => {
    const { replay } = await openArchive()
    await assert.rejects(replay({ version: 'v9' }), { message: /has no model v9; did you mean v1, v2, v3\?/ })
  })
  for (const topic of ['flights.events', 'flights.predictions']) {
    it(`rejects an object of ${topic} that is cut, before anything is sent`, async () => {
      const { predict, scorers, archive, replay } = await openArchive()
      await predict(events, { champion: scorers.v1 }, hour + 61_000)
      const [key] = await archive.list(`${topic}/`)
      const { body } = (await archive.get(key))!
      await archive.put(key, body.subarray(0, body.length >> 1))
      let isSent = false
      await assert.rejects(replay({ onProgress: () => (isSent = true) }), {
        code: 'FILE_INVALID',
        message: new RegExp(`archive object ${key} cannot be read \\(\\d+ bytes: `),
      })
      assert.equal(isSent, false)
    })
  }
  it('rejects where the bundle of a model that counted then is gone, before anything is sent', async () => {
    const { predict, scorers, replay, models } = await openArchive()
    await predict(events, { champion: scorers.v1, challenger: { scorer: scorers.v3, share: 1 } }, hour + 61_000)
    await models.put('bundles/flights/v3/manifest.json', Buffer.from(''))
    await assert.rejects(replay(), {
      code: 'BUNDLE_INVALID',
      message: /model v3, which scored 60 records of the slice then, cannot serve: manifest\.json is not a manifest.*--model VERSION/,
    })
  })
})
