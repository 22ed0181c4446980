import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DynamoDBClient, ServiceInputTypes } from '@aws-sdk/client-dynamodb'
import { memoryState } from '#functions/adapters/memory-state.ts'
import { dynamoState } from '#functions/adapters/state-store.ts'
import type { StateStore } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { pipeline } from '#models/pipeline.ts'
import { stateStoreChecks } from '../checks/state-store-checks.ts'
import { makeRecord, toLine } from '../checks/step-checks.ts'
import { flight } from '../fixtures.ts'
import { useTables } from './emulator-tables.ts'

const tables = useTables()

const makeTable = () =>
  tables.make([
    ['log', 'S'],
    ['number', 'N'],
  ])

stateStoreChecks('on DynamoDB', async () => dynamoState(await makeTable(), { client: tables.client() }))

/** A client whose first answers are as given; then the real one answers. */
function interrupted(table: string, answers: (() => unknown)[]) {
  const calls: ServiceInputTypes[] = []
  const send = async (command: { readonly input: ServiceInputTypes }) => {
    calls.push(command.input)
    const answer = answers.shift()
    return answer ? answer() : tables.client().send(command as never)
  }
  return { store: dynamoState(table, { client: { send } as unknown as DynamoDBClient }), calls }
}

const item = { log: 'log', number: 1, body: new Uint8Array([1, 2]), expiresAtSec: 4_000_000_000 }
const throttled = () => {
  throw Object.assign(new Error('too fast'), { name: 'ThrottlingException' })
}

describe('state store on DynamoDB', () => {
  it('tries again when it is throttled', async () => {
    const { store, calls } = interrupted(await makeTable(), [throttled, throttled])
    assert.equal(await store.append(item), true)
    assert.equal(calls.length, 3)
  })
  it('rejects, to be tried again, what stays throttled', async () => {
    const { store, calls } = interrupted(await makeTable(), Array(20).fill(throttled))
    await assert.rejects(store.append(item), {
      code: 'STORE_FAILED',
      retryable: true,
      message: /an item could not be written: ThrottlingException/,
    })
    assert.equal(calls.length, 8)
  })
  it('asks again for what an answer left unprocessed, and gives up after eight empty answers', async () => {
    const table = await makeTable()
    const unprocessed = () => ({ Responses: {}, UnprocessedKeys: { [table]: { Keys: [{ log: { S: 'log' }, number: { N: '1' } }] } } })
    await interrupted(table, []).store.append(item)
    const again = interrupted(table, [unprocessed, unprocessed])
    assert.deepEqual(await again.store.read([item]), [item])
    assert.equal(again.calls.length, 3)
    const hopeless = interrupted(table, Array(20).fill(unprocessed))
    await assert.rejects(hopeless.store.read([item]), { code: 'STORE_FAILED', message: /1 items could not be read in 8 tries/ })
  })
  it('leaves an item without an end to the table', async () => {
    const table = await makeTable()
    const { store, calls } = interrupted(table, [])
    await store.append({ ...item, expiresAtSec: 0 })
    assert.equal(JSON.stringify(calls[0]).includes('expiresAtSec'), false)
    assert.deepEqual(await store.read([item]), [{ ...item, expiresAtSec: 0 }])
  })
})

describe('preprocess on DynamoDB', () => {
  const records = (topic: string, rows: readonly object[], firstOffset = 0) =>
    rows.map((row, at) => makeRecord(row, { topic, partition: at % 2, offset: firstOffset + (at >> 1) }))
  const flights = Array.from({ length: 60 }, (_, at) => ({
    ...flight,
    flightId: `f${at}`,
    departedAtMs: flight.departedAtMs + at * 60_000,
    origin: at % 3 === 0 ? 'ORD' : 'JFK',
  }))
  const landings = flights.map(({ flightId, origin, destination, departedAtMs }, at) => ({
    flightId,
    origin,
    destination,
    landedAtMs: departedAtMs - 3_600_000,
    delayMinutes: at,
  }))
  const openStep = (store: StateStore) => {
    const lines: string[] = []
    const state = makeWindowState({ plan: pipeline.windows!, store, nowMs: Date.now, snapshotEvery: 3 })
    const step = makePreprocess({ pipeline, state, send: async records => void lines.push(...records.map(toLine)) })
    return { step, lines }
  }

  it('sends what it sends with a state in memory, twins and repeats included', async () => {
    const expected = openStep(memoryState())
    const table = await makeTable()
    const functions = [0, 1, 2].map(() => openStep(dynamoState(table, { client: tables.client() })))
    for (const from of [0, 20, 40]) {
      const labels = records('flights.labels', landings.slice(from, from + 20), from / 2)
      const events = records('flights.events', flights.slice(from, from + 20), from / 2)
      await expected.step(labels)
      await expected.step(events)
      await Promise.all([functions[0].step(labels), functions[1].step(labels)])
      await Promise.all(functions.map(({ step }) => step(events)))
    }
    await functions[2].step(records('flights.events', flights))
    for (const { lines } of functions) assert.deepEqual(new Set(lines), new Set(expected.lines))
    const { features } = JSON.parse(expected.lines.at(-1)!.split(' | ')[2])
    assert.ok(features.filter((value: unknown) => value !== null).length > 20, String(features)) // the windows were not empty
  })
})
