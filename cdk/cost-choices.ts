/** What was chosen to lower the costs, so that the table can show each before and after. */
export interface Choices {
  /** The windows of steps, or of a step's topic, in place of their rows'. */
  readonly windowSec: Readonly<Record<string, number>>
  /** Units for join's look at a prediction, and for deliver's at labels that wait for it. */
  readonly predictionReads: { readonly join: number; readonly deliver: number }
  readonly isPredictionsRecoverable: boolean
  readonly isCompacted: boolean
  /** Mappings that share poller units: absent, as many as the rows make. */
  readonly mappings?: number
}

/** What the stack does. A glance is half a unit; flights' labels come ten minutes after their events, so that deliver need not look. */
export const chosen: Choices = {
  windowSec: {},
  predictionReads: { join: 0.5, deliver: 0 },
  isPredictionsRecoverable: false,
  isCompacted: true,
}

/** What it did before its costs were measured; windows counted labels in a mapping of their own, twice as often as join read them. */
export const before: Choices = {
  windowSec: { archive: 2, join: 0.5 },
  predictionReads: { join: 1, deliver: 1 },
  isPredictionsRecoverable: true,
  isCompacted: false,
  mappings: 12,
}
