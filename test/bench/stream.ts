import { cpus } from 'node:os'
import { inspect } from 'node:util'
import { installPython, lastLineOf } from './python-venv.ts'
import { openCache } from './stream/cache.ts'
import { describeOwn, describePeer, type OwnFigures, type PeerFigures, peers, runOwn, runPeer } from './stream/learners.ts'
import { packages } from './stream/packages.ts'
import { prepareStreams, type Stream, type StreamName, streamNames } from './stream/streams.ts'
import { type StreamRow, toStreamTable } from './stream/table.ts'

const folder = '.local/bench-stream'
const quickRowCount = 10_000

interface Learner<T> {
  readonly name: string
  /** What makes its figures, beside the stream's rows and the delay. */
  readonly madeOf: string
  readonly stream: Stream
  run(delays: readonly number[]): Promise<T[]>
}

/**
 * Our backtest with `init`'s definition, bare and with the online layer, against stream learners from PyPI: same rows, same label delay, each
 * row predicted before its label is learnt.
 *
 * A learner runs in a process of its own for each stream and delay, one at a time, and its figures are kept under a hash of what made them,
 * so that a run that was broken off goes on; delete `.local/bench-stream/figures` to measure anew. `isQuick` takes few rows and peers, and all
 * delays in one process, ours beside the peers. `isMeasured` runs nothing and shows what is kept.
 *
 * @throws Error where there is no stream of a name
 */
export async function benchStream(options: {
  readonly only: readonly string[] | undefined
  readonly isQuick: boolean
  readonly isMeasured: boolean
}): Promise<object> {
  const python = await installPython(`${folder}/venv`, packages, 'the peers')
  const names = toNames(options.only)
  const streams = await prepareStreams(python, folder, { names, rowLimit: options.isQuick ? quickRowCount : undefined })
  const cache = openCache(`${folder}/figures`)
  const missing: string[] = []
  /** The figures of a learner on a stream at each delay, kept or made. */
  const measure = async <T extends object>({ name, madeOf, stream, run }: Learner<T>): Promise<(T | undefined)[]> => {
    const keyOf = (delayRows: number) => [madeOf, stream.hash, String(delayRows)]
    const wanted = delaysOf(stream).filter(delayRows => !cache.has(keyOf(delayRows)))
    const runs = options.isQuick ? [wanted] : wanted.map(delayRows => [delayRows])
    for (const delays of options.isMeasured ? [] : runs.filter(({ length }) => length > 0)) {
      const title = `${name} on ${stream.name}, ${delays.join(', ')} rows late`
      const startedMs = performance.now()
      const made = await run(delays).catch((error: Error) => {
        console.error(`  ${title} failed: ${lastLineOf(error)}`)
        return []
      })
      for (const [at, figures] of made.entries()) cache.write(keyOf(delays[at]), figures)
      if (made.length > 0) console.error(`  ${title}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
    }
    const figures = delaysOf(stream).map(delayRows => cache.read<T>(keyOf(delayRows)))
    if (figures.includes(undefined)) missing.push(`${name} on ${stream.name}`)
    return figures
  }

  const ours = new Map<StreamName, readonly (OwnFigures | undefined)[]>()
  const ofPeers = new Map<StreamName, (readonly [name: string, figures: readonly (PeerFigures | undefined)[]])[]>()
  const measureOurs = async () => {
    const madeOf = describeOwn()
    for (const stream of streams) {
      ours.set(stream.name, await measure({ name: 'ours', madeOf, stream, run: delays => runOwn(folder, stream, delays) }))
    }
  }
  const measurePeers = async () => {
    for (const { name } of streams) ofPeers.set(name, [])
    for (const peer of peers.filter(({ isQuick }) => isQuick || !options.isQuick)) {
      const madeOf = describePeer(peer)
      for (const stream of streams) {
        const figures = await measure({ name: peer.name, madeOf, stream, run: delays => runPeer(python, peer, stream, delays) })
        ofPeers.get(stream.name)!.push([peer.name, figures])
      }
    }
  }
  if (options.isQuick) {
    await Promise.all([measureOurs(), measurePeers()]) // a core each: one after the other they take longer than ten minutes
  } else {
    await measureOurs()
    await measurePeers()
  }

  const rows = streams.flatMap(stream =>
    delaysOf(stream).map((delayRows, at): StreamRow => {
      const measured = ofPeers.get(stream.name)!.flatMap(([name, figures]) => (figures[at] ? [[name, figures[at]] as const] : []))
      const { name, rowCount } = stream
      return { stream: name, delayRows, rowCount, ours: ours.get(name)![at], peers: Object.fromEntries(measured) }
    }),
  )
  const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version }
  const notMeasured = missing.length > 0 ? `\nnot measured: ${missing.join('; ')}` : ''
  return { machine, rows, missing, [inspect.custom]: () => `\n${toStreamTable(rows)}${notMeasured}\n${inspect(machine)}` }
}

function toNames(only: readonly string[] | undefined): readonly StreamName[] {
  if (only === undefined) return streamNames
  const unknown = only.filter(name => !streamNames.includes(name as StreamName))
  if (unknown.length > 0) throw new Error(`there is no stream ${unknown.join(', ')}; there are ${streamNames.join(', ')}`)
  return streamNames.filter(name => only.includes(name))
}

/** At once, a hundredth of the rows, and a thousand rows late. */
function delaysOf({ rowCount }: Stream): readonly number[] {
  return [0, Math.round(rowCount / 100), 1_000]
}
