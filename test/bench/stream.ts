import { cpus } from 'node:os'
import { inspect } from 'node:util'
import { openCache } from './stream/cache.ts'
import { describeOwn, describePeer, type OwnFigures, type PeerFigures, peers, runOwn, runPeer } from './stream/learners.ts'
import { prepareStreams, type Stream, type StreamName, streamNames } from './stream/streams.ts'
import { type StreamRow, toStreamTable } from './stream/table.ts'
import { installPeers, lastLineOf } from './stream/venv.ts'

const folder = '.local/bench-stream'
const quickRowCount = 10_000

/**
 * Our backtest with `init`'s definition, bare and with the online layer, against stream learners from PyPI: same rows, same label delay, each
 * row predicted before its label is learnt.
 *
 * Each measurement runs in a process of its own, one at a time, and is kept in `.local/bench-stream/figures` under a hash of what made it, so
 * that a run that was broken off goes on; delete that folder to measure anew. `isMeasured` runs nothing and shows what is kept.
 *
 * @throws Error where there is no stream of a name
 */
export async function benchStream(options: {
  readonly only: readonly string[] | undefined
  readonly isQuick: boolean
  readonly isMeasured: boolean
}): Promise<object> {
  const python = await installPeers(folder)
  const names = toNames(options.only)
  const streams = await prepareStreams(python, folder, { names, rowLimit: options.isQuick ? quickRowCount : undefined })
  const cache = openCache(`${folder}/figures`)
  const missing: string[] = []
  const measure = async <T extends object>(name: string, madeOf: readonly string[], run: () => Promise<T>): Promise<T | undefined> => {
    const kept = cache.read<T>(madeOf)
    if (kept) return kept
    if (options.isMeasured) {
      missing.push(name)
      return undefined
    }
    const startedMs = performance.now()
    try {
      const figures = await run()
      cache.write(madeOf, figures)
      console.error(`  ${name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
      return figures
    } catch (error) {
      console.error(`  ${name} failed: ${lastLineOf(error)}`)
      missing.push(name)
      return undefined
    }
  }

  const settings = streams.flatMap(stream => delaysOf(stream).map(delayRows => ({ stream, delayRows })))
  const own = describeOwn()
  const ours = new Map<string, OwnFigures | undefined>()
  const ofPeers = new Map<string, Record<string, PeerFigures>>()
  for (const { stream, delayRows } of settings) {
    const name = `${stream.name}, ${delayRows} rows late`
    const madeOf = [own, stream.hash, String(delayRows)]
    ours.set(name, await measure(`ours on ${name}`, madeOf, () => runOwn(folder, stream, delayRows)))
    ofPeers.set(name, {})
  }
  for (const peer of peers.filter(({ isQuick }) => isQuick || !options.isQuick)) {
    const description = describePeer(peer)
    for (const { stream, delayRows } of settings) {
      const name = `${stream.name}, ${delayRows} rows late`
      const madeOf = [description, stream.hash, String(delayRows)]
      const figures = await measure(`${peer.name} on ${name}`, madeOf, () => runPeer(python, peer, stream, delayRows))
      if (figures) ofPeers.get(name)![peer.name] = figures
    }
  }

  const rows = settings.map(({ stream, delayRows }): StreamRow => {
    const name = `${stream.name}, ${delayRows} rows late`
    return { stream: stream.name, delayRows, rowCount: stream.rowCount, ours: ours.get(name), peers: ofPeers.get(name)! }
  })
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
