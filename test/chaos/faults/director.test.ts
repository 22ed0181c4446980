import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startDirector } from './director.ts'
import { makeFaultTally } from './tally.ts'

const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

describe('startDirector', () => {
  it('holds the stream in an incident until it has had effect, then goes on to the next', async () => {
    const tally = makeFaultTally()
    let progress = 0
    const ended: string[] = []
    const struck: string[] = []
    const director = startDirector({
      kinds: ['clocks', 'source'],
      tally,
      progress: () => progress,
      strike: async kind => {
        struck.push(kind)
      },
      onEnd: (kind, injected) => ended.push(`${kind} ${injected}`),
      signal: new AbortController().signal,
    })
    assert.equal(director.isHeld(), false)
    progress = 0.1
    await wait(150)
    assert.equal(tally.on, 'clocks')
    progress = 0.6 // past its share
    assert.equal(director.isHeld(), true)
    await wait(150)
    assert.deepEqual(ended, [])
    tally.add('clocks', { injected: 2, records: 10 })
    await wait(150)
    assert.deepEqual(ended, ['clocks 2'])
    assert.equal(tally.on, 'source')
    progress = 1
    tally.add('source', { injected: 1, records: 10 })
    await director.ended
    assert.deepEqual(struck, ['clocks', 'source'])
    assert.equal(tally.on, undefined)
    assert.equal(director.isHeld(), false)
  })
  it('lets the stream trickle while a fault has had too little effect', async () => {
    const tally = makeFaultTally()
    const stopping = new AbortController()
    let progress = 0.05
    const director = startDirector({
      kinds: ['clocks'],
      tally,
      progress: () => progress,
      strike: async () => {},
      onEnd: () => {},
      signal: stopping.signal,
    })
    await wait(100)
    progress = 0.6 // past the half that goes by at full speed
    assert.deepEqual([director.isHeld(), director.isHeld()], [false, true])
    stopping.abort()
    await director.ended
  })
  it('lets something go by under a fault that has no share left', async () => {
    const stopping = new AbortController()
    const director = startDirector({
      kinds: ['clocks'],
      tally: makeFaultTally(),
      progress: () => 0.95,
      strike: async () => {},
      onEnd: () => {},
      signal: stopping.signal,
    })
    await wait(100)
    assert.deepEqual([director.isHeld(), director.isHeld()], [false, false])
    stopping.abort()
    await director.ended
  })
  it('ends with what a strike threw', async () => {
    const director = startDirector({
      kinds: ['broker'],
      tally: makeFaultTally(),
      progress: () => 0.5,
      strike: () => Promise.reject(new Error('no broker')),
      onEnd: () => {},
      signal: new AbortController().signal,
    })
    await assert.rejects(director.ended, /no broker/)
    assert.equal(director.isHeld(), false)
  })
})
