import type { BacktestResult } from '../result.ts'
export const toBacktestPage = (result: BacktestResult): string => JSON.stringify(result)
