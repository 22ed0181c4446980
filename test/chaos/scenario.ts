/** What `npm run chaos -- <scenario> …` may be told. */
export interface ChaosOptions {
  /** Flights to stream. */
  readonly rows: number
  /** Of everything that is chosen at random. */
  readonly seed: number
  readonly signal: AbortSignal
  /** Tells a person what goes on. */
  readonly say: (line: string) => void
}

/** What a scenario came to: whether all that it promises held, and its figures, which `--json` writes. */
export interface ChaosOutcome {
  readonly held: boolean
  readonly report: Readonly<Record<string, unknown>>
}

/** A run of the whole local system in which something is done to it while the stream goes on. */
export interface Scenario {
  /** One sentence for `--help`. */
  readonly about: string
  /** Flights that it streams, and the fewest with which everything is done; absent where it streams none. */
  readonly rows?: { readonly usual: number; readonly atLeast: number }
  run(options: ChaosOptions): Promise<ChaosOutcome>
}
