/** What a backtest came to: `--json` writes it as it is, the HTML report draws it. */
export interface BacktestResult {
  readonly pipeline: string
  readonly definition: string
  readonly data: string
  readonly task: 'binary' | 'regression'
  /** Rows of the file, and those that the definition refused, by reason. */
  readonly rows: number
  readonly rejected: Readonly<Record<string, number>>
  /** The files of the definition's inputs, as far as they were read; null for one that was left out: what features are given of it is null. */
  readonly inputs: readonly {
    readonly name: string
    readonly file: string | null
    readonly rows: number
    readonly rejected: Readonly<Record<string, number>>
  }[]
  readonly fromMs: number
  readonly toMs: number
  /** As asked for: rows, milliseconds, or the label's own time. */
  readonly labelDelay: { readonly rows: number } | { readonly ms: number } | 'label time'
  readonly accuracy: number | null
  readonly kappa: number | null
  readonly auc: number | null
  readonly logLoss: number | null
  readonly mae: number | null
  readonly rmse: number | null
  /** Predictions that were scored by a model and got their label. */
  readonly scored: number
  /** The quality of those alone. */
  readonly ofScored: {
    readonly accuracy: number | null
    readonly kappa: number | null
    readonly auc: number | null
    readonly logLoss: number | null
  }
  /** Rows before the first model: they count with the base rate of the labels so far as their score. */
  readonly beforeFirstModel: number
  /** Labelled rows at which the definition lets the first model be trained. */
  readonly firstAtRows: number
  readonly windows: readonly BacktestWindow[]
  /** The same rows with the online layer over the models; null where none was asked for. */
  readonly layer: BacktestLayer | null
  readonly baselines: { readonly noChange: BaselineQuality; readonly majority: BaselineQuality }
  readonly retrains: readonly BacktestRetrain[]
  readonly promotions: readonly { readonly atRow: number; readonly atMs: number; readonly version: string; readonly reason: string }[]
  readonly calibration: readonly { readonly rowCount: number; readonly meanScore: number; readonly positiveRatio: number }[]
  /** Of the last champion on its holdout, largest first. */
  readonly importance: readonly { readonly feature: string; readonly lossIncrease: number }[]
  readonly eventsPerSecond: number
  readonly seconds: { readonly total: number; readonly retraining: number }
}
/** An equal share of the rows, in event time: quality of what was predicted in it, beside the baselines. */
export interface BacktestWindow {
  readonly fromRow: number
  readonly toRow: number
  readonly fromMs: number
  readonly toMs: number
  readonly accuracy: number | null
  readonly kappa: number | null
  readonly auc: number | null
  readonly logLoss: number | null
  readonly mae: number | null
  readonly rmse: number | null
  readonly positiveRatio: number | null
  readonly noChangeAccuracy: number | null
  readonly majorityAccuracy: number | null
  readonly baseRateLogLoss: number | null
}
/** What the online layer made of the rows, and which of its experts it went by. */
export interface BacktestLayer {
  readonly accuracy: number | null
  readonly kappa: number | null
  readonly auc: number | null
  readonly logLoss: number | null
  readonly members: readonly string[]
  /** One for each window of the result. */
  readonly windows: readonly {
    readonly accuracy: number | null
    readonly auc: number | null
    readonly logLoss: number | null
    /** What each member weighed at the window's end; together 1. */
    readonly weights: readonly number[]
  }[]
}
export interface BaselineQuality {
  readonly accuracy: number | null
  readonly kappa: number | null
  readonly logLoss: number | null
  readonly mae: number | null
  readonly rmse: number | null
}
export interface BacktestRetrain {
  readonly atRow: number
  readonly atMs: number
  /** `schedule`, or `error` where the recent loss asked for it. */
  readonly cause: 'schedule' | 'error' | 'growth'
  readonly rowCount: number
  readonly trainer: string | null
  readonly version: string | null
  readonly isPromoted: boolean
  readonly reason: string
  readonly holdoutLogLoss: number | null
  readonly seconds: number
}
