import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { packages } from './packages.ts'
import type { Stream } from './streams.ts'

const run = promisify(execFile)
const here = import.meta.dirname

export interface Quality {
  readonly accuracy: number
  readonly auc: number
  readonly logLoss: number
}
export type PeerFigures = Quality & { readonly cpuSec: number }
export interface OwnFigures {
  readonly bare: Quality
  readonly layer: Quality
  /** Of reading, predicting, learning and retraining, with both scores. */
  readonly cpuSec: number
  readonly retrainSec: number
  readonly retrainCount: number
}

export interface Peer {
  readonly name: string
  /** The Python file that runs it. */
  readonly module: string
  readonly isQuick: boolean
}

const peersOf = (module: string, isQuick: boolean, names: readonly string[]): Peer[] =>
  names.map(name => {
    return { name, module, isQuick }
  })

/** Whose CPU a row is printed beside ours. */
export const forest = 'MOA ARF-10'

/** The quicker first, so that a table that is broken off has whole columns. */
export const peers: readonly Peer[] = [
  ...peersOf('plain_peers', true, ['as last', 'rate so far']),
  ...peersOf('river_peers', true, ['River ALMA', 'River logistic', 'River HAT']),
  ...peersOf('moa_peers', true, ['MOA tree', forest]),
  ...peersOf('moa_peers', false, ['TA(ARF-10)', 'MOA LevBag-10', 'TA(LevBag-10)']),
  ...peersOf('lightgbm_peers', false, ['LightGBM, lags', 'LightGBM']),
  ...peersOf('moa_peers', false, ['MOA SRP-10', 'MOA SGBT']),
  ...peersOf('river_peers', false, ['River ARF-10']),
]

/** What makes a peer's figures, as text: where it is the same, so are they. */
export function describePeer({ name, module }: Peer): string {
  const files = ['peers.py', 'prequential.py', 'table.py', `${module}.py`]
  return [name, ...packages, ...files.map(file => readFileSync(path.join(here, file), 'utf8'))].join('\n')
}

/** Runs a peer at each delay, all in one process: starting Python and Java, and compiling, takes as long as a short stream does. */
export async function runPeer(python: string, peer: Peer, stream: Stream, delays: readonly number[]): Promise<PeerFigures[]> {
  const script = path.join(here, 'peers.py')
  const { stdout } = await run(python, ['-W', 'ignore', script, peer.module, peer.name, stream.file, ...delays.map(String)])
  return toLines(stdout)
}

/** The same of ours: every source that a backtest may run. */
export function describeOwn(): string {
  const hash = createHash('sha256')
    .update(readFileSync('package-lock.json'))
    .update(readFileSync(path.join(here, 'own-run.ts')))
  for (const folder of ['models', 'functions', 'cli']) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(file => file.isFile() && !file.name.endsWith('.md'))
    for (const file of files.map(({ parentPath, name }) => path.join(parentPath, name)).sort()) hash.update(file).update(readFileSync(file))
  }
  return `Millrace ${process.version} ${hash.digest('hex')}`
}

/** Writes the definition that `init` makes of the stream, and runs it with the layer at each delay, each in a process of its own. */
export async function runOwn(folder: string, stream: Stream, delays: readonly number[]): Promise<OwnFigures[]> {
  const definitions = `${folder}/definitions`
  mkdirSync(definitions, { recursive: true })
  const definition = `${definitions}/${path.basename(stream.file, '.csv')}.ts`
  const label = ['--label', 'label', '--positive', '1']
  await run(process.execPath, ['cli/millrace.ts', 'init', '--data', stream.file, ...label, '--out', definition, '--force'])
  const figures: OwnFigures[] = []
  for (const delayRows of delays) {
    const { stdout } = await run(process.execPath, [path.join(here, 'own-run.ts'), definition, stream.file, String(delayRows)])
    figures.push(...toLines<OwnFigures>(stdout))
  }
  return figures
}

const toLines = <T>(stdout: string): T[] =>
  stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as T)
