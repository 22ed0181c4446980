import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { definePipeline } from '#models/define.ts'
import { number, oneOf, text, timeMs } from '#models/fields.ts'
import { pipeline } from '#models/pipeline.ts'
import { openWindows } from '#models/windows/windows.ts'
import { flight, landing } from '../fixtures.ts'

const countries = new Map([['DE', { continent: 'EU' }]])

const definition = {
  name: 'payments',
  event: { paymentId: text(), sentAtMs: timeMs(), amountCents: number({ min: 0 }), country: oneOf(['DE', 'FR', 'US']) },
  id: 'paymentId',
  time: 'sentAtMs',
  lookups: { country: { table: countries, by: 'country' } },
  features: { amountCents: (event: { amountCents: number }) => event.amountCents },
  label: {
    fields: { paymentId: text(), decidedAtMs: timeMs(), isChargedBack: oneOf(['yes', 'no']) },
    id: 'paymentId',
    time: 'decidedAtMs',
    isPositive: (label: { isChargedBack: string }) => label.isChargedBack === 'yes',
    arrivesWithinMs: 1000,
  },
  retrain: { everyMs: 1000, windowMs: 1000 },
  decide: { positiveAtLeast: 0.5 },
} as const

describe('definePipeline', () => {
  it('infers the event, the rows of lookups and the label', () => {
    const made = definePipeline({
      ...definition,
      features: {
        amountLog: event => Math.log1p(event.amountCents),
        continent: { category: (event, { country }) => (event.country === 'US' ? null : (country?.continent ?? null)) },
      },
      label: { ...definition.label, isPositive: label => label.isChargedBack === 'yes' },
    })
    const parsed = made.parseEvent({ paymentId: 'p', sentAtMs: 1, amountCents: 0, country: 'DE' })
    assert.ok(parsed.ok)
    assert.deepEqual(made.toFeatures(parsed.value), [0, 'EU'])
  })

  it('infers what aggregates count and what features are given of them', () => {
    const made = definePipeline({
      ...definition,
      aggregates: {
        paid1h: { over: 'events', by: event => event.country, value: event => event.amountCents, stat: 'sum', windowMs: 3_600_000 },
        back1h: { over: 'labels', by: label => label.isChargedBack, read: () => 'yes', stat: 'count', windowMs: 3_600_000 },
      },
      features: { paidLog: (_event, _rows, { paid1h }) => paid1h && Math.log1p(paid1h), back: (_event, _rows, { back1h }) => back1h },
    })
    assert.deepEqual(made.windows!.names, ['paid1h', 'back1h'])
    const neverRun = () => {
      const a = { over: 'events', by: () => 'all', stat: 'count', windowMs: 1 } as const
      // @ts-expect-error an aggregate that is not there
      definePipeline({ ...definition, aggregates: { a }, features: { b: (_event, _rows, { b }) => b } })
      const counted = { over: 'labels', stat: 'count', windowMs: 1 } as const
      // @ts-expect-error a field that the label does not have
      definePipeline({ ...definition, aggregates: { a: { ...counted, by: (label: { land: string }) => label.land, read: () => 1 } } })
      // @ts-expect-error labels without the key that an event reads
      definePipeline({ ...definition, aggregates: { a: { ...counted, by: () => 1 } } })
    }
    assert.equal(typeof neverRun, 'function')
  })

  it('infers the rows of other inputs, by which features join and aggregates count', () => {
    const made = definePipeline({
      ...definition,
      inputs: {
        limits: { fields: { limitCents: number() }, table: true, read: event => event.country },
        logins: {
          fields: { at: timeMs(), country: text(), device: text() },
          time: 'at',
          join: { by: login => login.country, read: event => event.country, withinMs: 60_000 },
        },
      },
      aggregates: {
        devices: {
          over: 'logins',
          by: login => login.country,
          read: event => event.country,
          value: login => login.device,
          stat: 'distinct',
          windowMs: 1_200,
        },
      },
      features: {
        overLimit: (event, { limits }) => (limits ? Number(event.amountCents > limits.limitCents) : null),
        device: { category: (_event, { logins }) => logins?.device ?? null },
        devices: (_event, _rows, { devices }) => devices,
      },
    })
    assert.deepEqual(
      made.inputs.map(({ name, isTable }) => [name, isTable]),
      [
        ['limits', true],
        ['logins', false],
      ],
    )
    const [limits, logins] = made.inputs
    assert.deepEqual([limits.keyOf({ limitCents: 3 }), logins.keyOf({ at: 1, country: 'DE', device: 'd1' })], [null, 'DE'])
    assert.deepEqual(made.toFeatures({ amountCents: 5, country: 'DE' }, { devices: 2 }, { limits: { limitCents: 3 } }), [1, null, 2])
  })

  it('makes wrong fields, ids, times, lookups and features compile errors', () => {
    // Compiled, never run: a definition that is wrong at compile time may be wrong when loaded as well.
    const neverRun = () => {
      // @ts-expect-error a field that the event does not have
      definePipeline({ ...definition, features: { a: event => event.amount } })
      // @ts-expect-error an id that is no field
      definePipeline({ ...definition, id: 'payment' })
      // @ts-expect-error a time that is no field
      definePipeline({ ...definition, time: 'receivedAtMs' })
      // @ts-expect-error a country that is not listed
      definePipeline({ ...definition, features: { a: event => Number(event.country === 'XX') } })
      // @ts-expect-error a lookup by a field that the event does not have
      definePipeline({ ...definition, lookups: { country: { table: countries, by: 'land' } } })
      // @ts-expect-error a number where a category was declared
      definePipeline({ ...definition, features: { a: { category: event => event.amountCents } } })
      // @ts-expect-error a label field that is not there
      definePipeline({ ...definition, label: { ...definition.label, isPositive: label => label.fraud } })
    }
    assert.equal(typeof neverRun, 'function')
  })

  const refusals: readonly [what: string, changes: object, message: RegExp][] = [
    [
      'a name that Kafka topics and stacks cannot have',
      { name: 'Pay ments' },
      /^name must be 1 to 40 lower-case letters.* got "Pay ments"; change it in models\/pipeline\.ts$/,
    ],
    ['an id that is no field', { id: 'payment' }, /^id must be one of paymentId, sentAtMs, amountCents, country, got "payment"/],
    ['a definition without features', { features: {} }, /^features must have 1 to 500 entries, got 0/],
    ['a feature that is no function', { features: { a: 1 } }, /^features\.a must be a function/],
    ['a feature name that no column can have', { features: { 'a b': () => 1 } }, /^features\.a b must be named with/],
    ['a field that is no schema', { event: { ...definition.event, amountCents: 'number' } }, /^event\.amountCents must be a zod schema/],
    ['a threshold that is no probability', { decide: { positiveAtLeast: 50 } }, /^decide\.positiveAtLeast must be from 0 to 1, got 50/],
    ['a retrain interval of nothing', { retrain: { everyMs: 0, windowMs: 1 } }, /^retrain\.everyMs must be a number above 0, got 0/],
    [
      'a trainer setting out of range',
      { trainer: { logistic: { l2: -1 } } },
      /^trainer\.logistic\.l2 must be from 0\.000001 to 1000000, got -1; change it in models\/pipeline\.ts$/,
    ],
    [
      'a trainer setting that does not exist',
      { trainer: { logistic: { depth: 3 } } },
      /^trainer\.logistic\.depth is not a setting; allowed are l2,/,
    ],
    [
      'a trainer that does not exist',
      { trainer: { kind: 'forest' } },
      /^trainer\.kind must be one of auto, logistic, gbdt, ftrl, got "forest"/,
    ],
    [
      'a least wait of labels that is no time',
      { label: { ...definition.label, arrivesAfterMs: -1 } },
      /^label\.arrivesAfterMs must be a number above 0, got -1/,
    ],
    [
      'a refit that is neither on nor off',
      { retrain: { everyMs: 1000, windowMs: 1000, refit: 1 } },
      /^retrain\.refit must be true or false, got 1/,
    ],
    [
      'a growth that never trains again',
      { retrain: { everyMs: 1000, windowMs: 1000, when: { growthFactor: 1 } } },
      /^retrain\.when\.growthFactor must be from 1\.01 to Infinity, got 1/,
    ],
    [
      'segments by what is no category',
      { promoteWhen: { guardrails: { segmentBy: 'amountCents' } } },
      /^promoteWhen\.guardrails\.segmentBy must be one of the category features \(\), got "amountCents"/,
    ],
    [
      'an aggregate that is not possible',
      { aggregates: { a: { over: 'events', by: () => 1, stat: 'mode', windowMs: 1 } } },
      /^aggregates\.a\.stat must be one of/,
    ],
    [
      'an input named as a topic of ours',
      { inputs: { feedback: {} } },
      /^inputs\.feedback must have a name that no topic and no lookup has/,
    ],
    [
      'inputs that differ by case and dashes alone',
      { inputs: { 'card-limits': {}, cardLimits: {} } },
      /^inputs\.card-limits must have a name that no topic and no lookup has, upper case and dashes left aside/,
    ],
    [
      'an input without a clock',
      { inputs: { logins: { fields: { at: timeMs() }, time: 'then' } } },
      /^inputs\.logins\.time must be one of at, got "then"/,
    ],
    [
      'a join without a horizon',
      { inputs: { logins: { fields: { at: timeMs() }, time: 'at', join: { by: () => 1, read: () => 1 } } } },
      /^inputs\.logins\.join\.withinMs must be a number above 0/,
    ],
    [
      'a table without a key to read',
      { inputs: { limits: { fields: {}, table: true } } },
      /^inputs\.limits\.read must be a function of the event/,
    ],
    ['a horizon of nothing for repeats', { clean: { repeatsWithinMs: 0 } }, /^clean\.repeatsWithinMs must be a number above 0, got 0/],
    ['a cleaning rule for no field', { clean: { event: { amount: { max: 1 } } } }, /^clean\.event\.amount must be one of paymentId,/],
    ...[0, -1, 1.5, '2'].map(revision => {
      const message = new RegExp(`^revision must be a whole number from 1, got ${JSON.stringify(revision)}; change it`)
      return [`the revision ${JSON.stringify(revision)}`, { revision }, message] as [string, object, RegExp]
    }),
    [
      'features that only case tells apart',
      { features: { amount: () => 1, Amount: () => 2 } },
      /^features\.Amount must differ from amount by more than case/,
    ],
    ['a feature that gives a promise', { features: { a: async () => 1 } }, /^features\.a must be a plain function/],
    ['a category that gives a promise', { features: { a: { category: async () => 'x' } } }, /^features\.a must be a plain function/],
    ['a filter that gives a promise', { filter: async () => false }, /^filter must be a plain function, .*promise/],
    [
      'a label that is decided by a promise',
      { label: { ...definition.label, isPositive: async () => true } },
      /^label\.isPositive must be a plain function/,
    ],
    ['a clock time that is a text', { event: { ...definition.event, sentAtMs: text() } }, /^time must be a field that becomes a number/],
    [
      'a label that may come in a thousand years',
      { label: { ...definition.label, arrivesWithinMs: 3e13 } },
      /at most 315360000000, ten years/,
    ],
    ['a lookup that is no Map', { lookups: { country: { table: {}, by: 'country' } } }, /^lookups\.country\.table must be a Map/],
  ]
  for (const [what, changes, message] of refusals) {
    it(`rejects ${what}`, () => {
      assert.throws(() => definePipeline({ ...definition, ...changes } as never), { name: 'MillraceError', message })
    })
  }

  it('refuses a payload on which a schema throws, with what it said', () => {
    const host = text().transform(url => new URL(url).host)
    const { parseEvent } = definePipeline({ ...definition, event: { ...definition.event, url: host } } as never)
    const event = { paymentId: 'p', sentAtMs: 1, amountCents: 1, country: 'DE' }
    assert.deepEqual(parseEvent({ ...event, url: 'nowhere' }), { ok: false, field: 'value', reason: 'the schema threw: Invalid URL' })
    assert.equal(parseEvent({ ...event, url: 'http://a.b/' }).ok, true)
  })
  it('lets no clock run a quarter of an hour ahead, with windows or without, unless it is told to', () => {
    assert.equal(definePipeline(definition).clockSkew(900_000, 0), undefined)
    assert.match(definePipeline(definition).clockSkew(900_001, 0) ?? '', /^sentAtMs: 900001 ms after Kafka took the record, at most 900000/)
    const lax = definePipeline({ ...definition, clean: { clock: { aheadAtMostMs: Number.POSITIVE_INFINITY } } } as never)
    assert.equal(lax.clockSkew(9e12, 0), undefined)
  })
  it('gives windows another layout where the revision or a field of a row is another, and none without need', () => {
    const limits = { fields: { limitCents: number() }, table: true as const, read: (event: { paymentId: string }) => event.paymentId }
    const layoutOf = (changes: object) => definePipeline({ ...definition, inputs: { limits }, ...changes } as never).windows!.layout
    assert.equal(layoutOf({ revision: 1 }), layoutOf({}))
    assert.notEqual(layoutOf({ revision: 2 }), layoutOf({}))
    assert.notEqual(layoutOf({ inputs: { limits: { ...limits, fields: { ...limits.fields, currency: text() } } } }), layoutOf({}))
    assert.equal(layoutOf({ features: { one: () => 1 } }), layoutOf({}))
  })

  it('gives another hash to another feature layout, and the same to the same', () => {
    const hashOf = (features: object) => definePipeline({ ...definition, features } as never).definition
    assert.equal(hashOf({ a: () => 1 }), hashOf({ a: () => 2 }))
    assert.notEqual(hashOf({ a: () => 1 }), hashOf({ b: () => 1 }))
    assert.notEqual(hashOf({ a: () => 1 }), hashOf({ a: { category: () => 'x' } }))
    assert.notEqual(hashOf({ a: () => 1, b: () => 1 }), hashOf({ b: () => 1, a: () => 1 }))
  })
})

describe('the flights definition', () => {
  it('computes the features of a flight', () => {
    assert.deepEqual(pipeline.toFeatures(flight).slice(0, 9), [510, 'Mon', 2475, 'JFK', 'LAX', 40.6398, -73.7789, 33.9425, -118.4081])
  })
  it('gives null for the place of an unknown airport', () => {
    assert.deepEqual(pipeline.toFeatures({ ...flight, origin: 'ZZZ' }).slice(5, 9), [null, null, 33.9425, -118.4081])
  })
  it('hands the model 24 delays and three counts of flights, null where nothing is known', () => {
    const names = pipeline.features.slice(9).map(({ name }) => name)
    assert.deepEqual([names.length, pipeline.windows!.rings.length], [27, 4])
    assert.deepEqual(new Set(pipeline.toFeatures(flight).slice(9)), new Set([null]))
    const windows = openWindows(pipeline.windows!)
    windows.applyLabel({ ...landing, landedAtMs: flight.departedAtMs - 600_000 })
    windows.applyEvent({ ...flight, departedAtMs: flight.departedAtMs - 60_000 })
    const values = pipeline.toFeatures(flight, windows.read(flight)).slice(9)
    const read = (name: string) => values[names.indexOf(name)]
    assert.deepEqual([read('delayOfLeftOrigin1h'), read('lateOfArrivedAtDestination6h')], [40, 1])
    assert.deepEqual([read('delayOfArrivedAtOrigin1h'), read('departuresAtOrigin1h')], [null, 1])
  })
  it('counts a landing more than 15 minutes late as positive', () => {
    assert.equal(pipeline.toTarget({ ...landing, delayMinutes: 15 }), 0)
    assert.equal(pipeline.toTarget({ ...landing, delayMinutes: 16 }), 1)
  })
})
