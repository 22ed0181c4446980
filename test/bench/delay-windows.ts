const windowsMin = [60, 180, 360]
const pairingCount = 4 // flights that left or arrived, at my origin or my destination
export const windowColumnCount = windowsMin.length * pairingCount * 2

interface Sums {
  count: number
  delay: number
  late: number
  /** First flight of the queue that is still inside the window. */
  head: number
}

interface Queue {
  readonly knownAtMin: number[]
  readonly delayMin: number[]
  readonly sums: readonly Sums[]
}

const makeQueue = (): Queue => ({ knownAtMin: [], delayMin: [], sums: windowsMin.map(() => ({ count: 0, delay: 0, late: 0, head: 0 })) })

/** Mean delay (clipped to −30 … 180 minutes) and share of late flights over the last 60, 180 and 360 minutes, by airport. */
export class DelayWindows {
  readonly #left: readonly Queue[]
  readonly #arrived: readonly Queue[]

  constructor(airportCount: number) {
    this.#left = Array.from({ length: airportCount }, makeQueue)
    this.#arrived = Array.from({ length: airportCount }, makeQueue)
  }

  /** Adds a flight whose delay has become known; flights must come in that order. */
  add(knownAtMin: number, delayMin: number, origin: number, destination: number): void {
    const clipped = Math.min(Math.max(delayMin, -30), 180)
    for (const queue of [this.#left[origin], this.#arrived[destination]]) {
      queue.knownAtMin.push(knownAtMin)
      queue.delayMin.push(clipped)
      for (const sums of queue.sums) addTo(sums, clipped, 1)
    }
  }

  /** Writes the features of a flight that leaves now; NaN where no flight is in the window. */
  read(nowMin: number, origin: number, destination: number, out: Float32Array, at: number): void {
    let to = at
    for (const queue of [this.#left[origin], this.#left[destination], this.#arrived[origin], this.#arrived[destination]]) {
      for (const [i, sums] of queue.sums.entries()) {
        while (sums.count > 0 && queue.knownAtMin[sums.head] <= nowMin - windowsMin[i]) addTo(sums, queue.delayMin[sums.head++], -1)
        out[to++] = sums.delay / sums.count
        out[to++] = sums.late / sums.count
      }
    }
  }
}

function addTo(sums: Sums, delayMin: number, sign: 1 | -1): void {
  sums.count += sign
  sums.delay += sign * delayMin
  sums.late += sign * Number(delayMin > 15)
}
