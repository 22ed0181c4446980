import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { toModelsJson, toModelsText } from '../../../cli/models.ts'
import { promoteVersion } from '../../../cli/registry/promote-version.ts'
import { readRegistry } from '../../../cli/registry/read-registry.ts'
import { readReport } from '../../../cli/report.ts'
import { openRegistry } from './registry-fixture.ts'

async function openFive() {
  const registry = await openRegistry(['v1', 'v2', 'v3', 'v4', 'v5'], ['v1', 'v2'])
  for (const [version, role] of [
    ['v3', 'shadow'],
    ['v4', 'challenger'],
  ] as const) {
    await promoteVersion(registry.ports, { version, role, share: 0.25, reason: '' })
  }
  return registry
}

describe('readRegistry', () => {
  it('tells the role of each model and since when', async () => {
    const { ports } = await openFive()
    const { models } = await readRegistry(ports.models, 'flights')
    assert.deepEqual(
      models.map(({ version, role, sinceMs, share }) => [version, role, sinceMs, share]),
      [
        ['v1', 'former', 0, null],
        ['v2', 'champion', 1, null],
        ['v3', 'shadow', 1_000, null],
        ['v4', 'challenger', 1_000, 0.25],
        ['v5', 'none', null, null],
      ],
    )
  })
  it('reads of those that do not serve only the last where it is told how many', async () => {
    const retrained = ['20260101T0000-0000000a', '20260102T0000-0000000b', '20260103T0000-0000000c']
    const { ports } = await openRegistry(['v1', 'v2', ...retrained], ['v1', retrained[0]])
    const { models } = await readRegistry(ports.models, 'flights', 1)
    assert.deepEqual(new Set(models.map(({ version }) => version)), new Set([retrained[0], retrained[2], 'v2']))
  })
  it('tells of a broken manifest, an unfinished bundle and a champion whose bundle is gone, and hides no other model', async () => {
    const { ports } = await openRegistry(['v1'], ['v1', 'gone'])
    await ports.models.put('bundles/flights/v2/manifest.json', Buffer.from('{'))
    await ports.models.put('bundles/flights/v3/model.onnx', Buffer.from(''))
    const { models } = await readRegistry(ports.models, 'flights')
    assert.deepEqual(
      models.map(({ version, role, problem }) => [version, role, problem?.split(':')[0] ?? null]),
      [
        ['v1', 'former', null],
        ['v2', 'none', 'manifest.json is not a manifest'],
        ['v3', 'none', 'no manifest'],
        ['gone', 'champion', 'no manifest'],
      ],
    )
  })
  it('tells of a broken decision beside the figures', async () => {
    const { ports } = await openRegistry(['v1'], ['v1'])
    await ports.models.put('bundles/flights/v1/decision.json', Buffer.from('{}'))
    const registry = await readRegistry(ports.models, 'flights')
    assert.match(toModelsText('flights', registry), /\nv1 .* logistic {3}200 .*decision\.json is not a decision/)
  })
  it('rejects where the store fails, rather than call a bundle broken', async () => {
    const { ports } = await openRegistry(['v1'], ['v1'])
    const get = (key: string) => (key.endsWith('decision.json') ? Promise.reject(new Error('S3 is away')) : ports.models.get(key))
    await assert.rejects(readRegistry({ ...ports.models, get }, 'flights'), /S3 is away/)
  })
  it('tells of a pointer that cannot be read, and lists the models', async () => {
    const { ports } = await openRegistry(['v1'], [])
    await ports.models.put('champions/flights.json', Buffer.from('[]'))
    const { pointerProblem, models } = await readRegistry(ports.models, 'flights')
    assert.match(pointerProblem!, /is not a champion pointer/)
    assert.equal(models.length, 1)
  })
})

describe('toModelsText', () => {
  it('aligns the models under their titles', async () => {
    const { ports } = await openFive()
    const lines = toModelsText('flights', await readRegistry(ports.models, 'flights')).split('\n')
    assert.match(lines[0], /^version {2}role {13}since \(UTC\) {7}trainer {3}rows {4}AUC {2}log loss {2}decision$/)
    assert.match(lines[1], /^v1 {7}former {11}1970-01-01 00:00 {2}logistic {3}200 {2}0\.\d{3} {4}0\.\d{4} {2}promoted: test$/)
    assert.match(lines[4], /^v4 {7}challenger 25 % {2}1970-01-01 00:00/)
  })
  it('says when there are no models, or no champion', async () => {
    const empty = await readRegistry(memoryStore(), 'flights')
    const counted = toModelsText('flights', empty, { atRows: 10_000, labelled: 9_321 })
    assert.match(counted, /^pipeline flights has no models yet: first model at 10,000 labelled rows, 9,321 now, when retrain next runs\n$/)
    const uncounted = toModelsText('flights', empty, { atRows: 10_000, labelled: undefined })
    assert.match(uncounted, /first model at 10,000 labelled rows, when retrain/)
    const { ports } = await openRegistry(['v1'], [])
    assert.match(toModelsText('flights', await readRegistry(ports.models, 'flights')), /\nthere is no champion yet\n$/)
  })
})

describe('toModelsJson', () => {
  it('has the figures of each model, without its golden rows', async () => {
    const { ports } = await openFive()
    const json = toModelsJson('flights', await readRegistry(ports.models, 'flights'))
    assert.deepEqual([json.champion, json.challenger?.version, json.shadow?.version], ['v2', 'v4', 'v3'])
    assert.equal(json.models[0].holdout?.rowCount, 200)
    assert.ok(!JSON.stringify(json).includes('golden'))
  })
})

describe('readReport', () => {
  it('is the page of the champion where no version is named', async () => {
    const { ports } = await openRegistry(['v1', 'v2'], ['v1', 'v2'])
    await ports.models.put('bundles/flights/v2/report.md', Buffer.from('# v2: promoted'))
    assert.equal(await readReport(ports, undefined, 'report.md'), '# v2: promoted')
  })
  it('rejects where there is no champion, no such version, or no report', async () => {
    const { ports } = await openRegistry(['v1'], [])
    await assert.rejects(readReport(ports, undefined, 'report.md'), { message: /pipeline flights has no champion yet/ })
    await assert.rejects(readReport(ports, 'v2', 'report.md'), { message: /pipeline flights has no model v2; did you mean v1\?/ })
    await assert.rejects(readReport(ports, 'v1', 'report.json'), { message: /v1 has no report\.json/ })
  })
})
