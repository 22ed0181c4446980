import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { asyncBufferFromFile, parquetRead } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { DelayWindows, windowColumnCount } from './delay-windows.ts'

/** A matrix of float32 on disk, row-major, with the names of its columns; `categories` holds the dictionary sizes of category columns. */
export interface BenchTable {
  readonly file: string
  readonly columns: readonly string[]
  readonly rowCount: number
  readonly categories: Readonly<Record<string, number>>
}

export interface FlightTables {
  readonly targetsFile: string
  /** Eight numbers: airports as codes and coordinates. */
  readonly numeric: BenchTable
  /** The same with the two airports as categories. */
  readonly categories: BenchTable
  /** Minute of day, weekday, distance, and the two airports as categories. */
  readonly static: BenchTable
  /** Static plus mean delay and late share of the last hours. */
  readonly windows: BenchTable
  /** The first 250,000 rows with 40 numbers: numeric, windows, and eight of noise. */
  readonly wide: BenchTable
}

const rowCount = 1_100_000
const wideRowCount = 250_000
const source = 'node_modules/vega-datasets/data'
const numericColumns = [
  'minuteOfDay',
  'weekday',
  'distance',
  'origin',
  'destination',
  'originLatitude',
  'originLongitude',
  'destinationLatitude',
]
const staticColumns = numericColumns.slice(0, 5)
const windowColumns = Array.from({ length: windowColumnCount }, (_, i) => `window${i}`)
const noiseColumns = Array.from({ length: 8 }, (_, i) => `noise${i}`)

interface Flights {
  readonly departedAtMin: Float64Array
  readonly delayMin: Float32Array
  readonly distanceMiles: Float32Array
  readonly origin: Float32Array
  readonly destination: Float32Array
  readonly airports: readonly string[]
}

/** Writes the tables of the trainer benchmark under `folder`, once. "Late" is a delay of more than 15 minutes. */
export async function prepareFlights(folder: string): Promise<FlightTables> {
  const index = `${folder}/tables.json`
  if (existsSync(index)) return JSON.parse(readFileSync(index, 'utf8')) as FlightTables
  mkdirSync(folder, { recursive: true })
  const flights = await readFlights()
  const { delayMin, airports } = flights
  const categories = { origin: airports.length, destination: airports.length }
  const numeric = toNumeric(flights)
  const windows = toWindows(flights)
  const noise = toNoise()
  const write = (name: string, rows: number, matrices: readonly Matrix[], categories: Readonly<Record<string, number>>): BenchTable => {
    const file = `${folder}/${name}.f32`
    writeFileSync(file, joinColumns(rows, matrices))
    return { file, columns: matrices.flatMap(({ columns }) => columns), rowCount: rows, categories }
  }
  const first5 = { ...numeric, columns: staticColumns }
  const tables: FlightTables = {
    targetsFile: `${folder}/targets.f32`,
    numeric: write('numeric', rowCount, [numeric], {}),
    categories: write('categories', rowCount, [numeric], categories),
    static: write('static', rowCount, [first5], categories),
    windows: write('windows', rowCount, [first5, windows], categories),
    wide: write('wide', wideRowCount, [numeric, windows, noise], {}),
  }
  writeFileSync(
    tables.targetsFile,
    Float32Array.from(delayMin, delay => Number(delay > 15)),
  )
  writeFileSync(index, JSON.stringify(tables))
  return tables
}

/** The named columns of rows that are `stride` numbers wide. */
interface Matrix {
  readonly columns: readonly string[]
  readonly values: Float32Array
  readonly stride: number
}

function joinColumns(rows: number, matrices: readonly Matrix[]): Float32Array {
  const width = matrices.reduce((sum, { columns }) => sum + columns.length, 0)
  const joined = new Float32Array(rows * width)
  let to = 0
  for (const { columns, values, stride } of matrices) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns.length; column++) joined[row * width + to + column] = values[row * stride + column]
    }
    to += columns.length
  }
  return joined
}

async function readFlights(): Promise<Flights> {
  const file = await asyncBufferFromFile(`${source}/flights-3m.parquet`)
  const flights = {
    departedAtMin: new Float64Array(rowCount),
    delayMin: new Float32Array(rowCount),
    distanceMiles: new Float32Array(rowCount),
    origin: new Float32Array(rowCount),
    destination: new Float32Array(rowCount),
  }
  const codes = new Map<string, number>()
  const codeOf = (airport: string) => {
    if (!codes.has(airport)) codes.set(airport, codes.size)
    return codes.get(airport)!
  }
  const fields: Readonly<Record<string, (row: number, value: unknown) => void>> = {
    date: (row, value) => {
      flights.departedAtMin[row] = (value as Date).getTime() / 60_000
    },
    delay: (row, value) => {
      flights.delayMin[row] = Number(value)
    },
    distance: (row, value) => {
      flights.distanceMiles[row] = Number(value)
    },
    origin: (row, value) => {
      flights.origin[row] = codeOf(value as string)
    },
    destination: (row, value) => {
      flights.destination[row] = codeOf(value as string)
    },
  }
  await parquetRead({
    file,
    compressors,
    rowEnd: rowCount,
    onChunk: ({ columnName, columnData, rowStart }) => {
      const rows = Math.min(columnData.length, rowCount - rowStart)
      for (let i = 0; i < rows; i++) fields[columnName](rowStart + i, columnData[i])
    },
  })
  return { ...flights, airports: [...codes.keys()] }
}

function toNumeric({ departedAtMin, distanceMiles, origin, destination, airports }: Flights): Matrix {
  const places = readPlaces()
  const latitudes = airports.map(airport => places.get(airport)?.latitude ?? Number.NaN)
  const longitudes = airports.map(airport => places.get(airport)?.longitude ?? Number.NaN)
  const stride = numericColumns.length
  const values = new Float32Array(rowCount * stride)
  for (let row = 0; row < rowCount; row++) {
    const departedAt = new Date(departedAtMin[row] * 60_000)
    const minute = departedAt.getUTCHours() * 60 + departedAt.getUTCMinutes()
    const from = origin[row]
    const to = destination[row]
    values.set(
      [minute, departedAt.getUTCDay(), distanceMiles[row], from, to, latitudes[from], longitudes[from], latitudes[to]],
      row * stride,
    )
  }
  return { columns: numericColumns, values, stride }
}

function readPlaces(): Map<string, { latitude: number; longitude: number }> {
  const lines = readFileSync(`${source}/airports.csv`, 'utf8').trim().split('\n').slice(1)
  return new Map(
    lines.map(line => {
      const fields = line.split(',')
      return [fields[0], { latitude: Number(fields.at(-2)), longitude: Number(fields.at(-1)) }]
    }),
  )
}

function toWindows({ departedAtMin, delayMin, distanceMiles, origin, destination, airports }: Flights): Matrix {
  // a label is known when the flight is over: 500 miles an hour, 30 minutes on the ground, the delay
  const knownAtMin = departedAtMin.map((departedAt, row) => departedAt + (distanceMiles[row] / 500) * 60 + 30 + delayMin[row])
  const known = Uint32Array.from(knownAtMin, (_, row) => row).sort((a, b) => knownAtMin[a] - knownAtMin[b])
  const windows = new DelayWindows(airports.length)
  const values = new Float32Array(rowCount * windowColumnCount)
  let next = 0
  for (let row = 0; row < rowCount; row++) {
    for (; next < rowCount && knownAtMin[known[next]] <= departedAtMin[row]; next++) {
      const flight = known[next]
      windows.add(knownAtMin[flight], delayMin[flight], origin[flight], destination[flight])
    }
    windows.read(departedAtMin[row], origin[row], destination[row], values, row * windowColumnCount)
  }
  return { columns: windowColumns, values, stride: windowColumnCount }
}

function toNoise(): Matrix {
  let state = 1
  const values = Float32Array.from({ length: wideRowCount * noiseColumns.length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  })
  return { columns: noiseColumns, values, stride: noiseColumns.length }
}
