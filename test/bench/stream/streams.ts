import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const script = path.join(import.meta.dirname, 'streams.py')
/** Wheels of scikit-multiflow up to this version hold the files of its real streams. */
const wheel = ['scikit-multiflow==0.4.1', '--python-version', '3.7', '--implementation', 'cp', '--abi', 'cp37m']

/** Those that `streams.py` writes. */
export const streamNames = ['elec', 'weather', 'sea', 'covtype', 'agrawal', 'hyperplane', 'rbf'] as const
export type StreamName = (typeof streamNames)[number]

/** Rows of features and a column `label`, 1 for yes. */
export interface Stream {
  readonly name: StreamName
  readonly file: string
  readonly rowCount: number
  readonly hash: string
}

/** Writes the streams under `folder`, once, and gives those of these names, cut to their first `rowLimit` rows where one is given. */
export async function prepareStreams(
  python: string,
  folder: string,
  options: { readonly names: readonly StreamName[]; readonly rowLimit: number | undefined },
): Promise<Stream[]> {
  const streams = `${folder}/streams`
  mkdirSync(streams, { recursive: true })
  if (streamNames.some(name => !existsSync(`${streams}/${name}.csv`))) {
    console.error(`writing the streams in ${streams} …`)
    await run(python, [script, await fetchWheel(python, `${folder}/wheel`), streams])
  }
  return options.names.map(name => toStream(name, streams, options.rowLimit))
}

async function fetchWheel(python: string, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const find = () => readdirSync(folder).find(name => name.endsWith('.whl'))
  if (!find()) {
    const only = ['--no-deps', '--only-binary', ':all:', '--platform', 'manylinux1_x86_64']
    await run(python, ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', ...only, ...wheel, '--dest', folder])
  }
  return `${folder}/${find()}`
}

function toStream(name: StreamName, folder: string, rowLimit: number | undefined): Stream {
  const whole = readFileSync(`${folder}/${name}.csv`, 'utf8')
  const [header, ...rows] = whole.trimEnd().split('\n')
  const rowCount = Math.min(rows.length, rowLimit ?? rows.length)
  const isCut = rowCount < rows.length
  const text = isCut ? `${[header, ...rows.slice(0, rowCount)].join('\n')}\n` : whole
  const file = `${folder}/${isCut ? `${name}-${rowCount}` : name}.csv`
  if (isCut) writeFileSync(file, text)
  return { name, file, rowCount, hash: createHash('sha256').update(text).digest('hex') }
}
