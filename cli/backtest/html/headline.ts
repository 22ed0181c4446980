import type { BacktestResult } from '../result.ts'
import { toDigits, toFixed, toSigned } from './format.ts'
import { html, type Markup } from './markup.ts'

interface Figure {
  readonly name: string
  readonly value: number | null
  readonly isMoreBetter: boolean
  readonly digits: number
  /** What it must beat, by name; null where a baseline has no such figure. */
  readonly rivals: readonly { readonly name: string; readonly value: number | null }[]
}

/** The figures of the whole run, each beside what the two baselines reach with the same label delay. */
export function toHeadline(result: BacktestResult): Markup {
  const figures = toFigures(result)
  return html`<p class="verdict">${toVerdict(result, figures[0])}</p><div class="tiles">${figures.map(toTile)}</div>`
}

function toFigures({ task, accuracy, kappa, auc, logLoss, mae, rmse, baselines: { noChange, majority } }: BacktestResult): Figure[] {
  const rivalsOf = (name: 'accuracy' | 'kappa' | 'logLoss' | 'mae' | 'rmse') => [
    { name: 'no change', value: noChange[name] },
    { name: task === 'binary' ? 'majority' : 'mean', value: majority[name] },
  ]
  if (task === 'regression') {
    return [
      { name: 'MAE', value: mae, isMoreBetter: false, digits: toDigits(mae ?? 0), rivals: rivalsOf('mae') },
      { name: 'RMSE', value: rmse, isMoreBetter: false, digits: toDigits(rmse ?? 0), rivals: rivalsOf('rmse') },
    ]
  }
  return [
    { name: 'Accuracy', value: accuracy, isMoreBetter: true, digits: 3, rivals: rivalsOf('accuracy') },
    { name: 'Log loss', value: logLoss, isMoreBetter: false, digits: 3, rivals: rivalsOf('logLoss') },
    { name: 'AUC', value: auc, isMoreBetter: true, digits: 3, rivals: [{ name: 'by chance', value: 0.5 }] },
    { name: "Cohen's kappa", value: kappa, isMoreBetter: true, digits: 3, rivals: rivalsOf('kappa') },
  ]
}

function toTile({ name, value, isMoreBetter, digits, rivals }: Figure): Markup {
  return html`<div class="tile"><span class="name">${name}</span><b>${toFixed(value, digits)}</b><table>${rivals
    .filter(rival => rival.value !== null)
    .map(rival => {
      const gain = value === null || rival.value === null ? null : value - rival.value
      const isBetter = gain !== null && gain > 0 === isMoreBetter
      const text = gain === null ? '' : toSigned(gain, digits)
      const colour = /[1-9]/.test(text) ? (isBetter ? 'good' : 'bad') : 'quiet'
      const difference = gain === null ? null : html` <span class="${colour}">${text}</span>`
      return html`<tr><td>${rival.name}</td><td>${toFixed(rival.value, digits)}${difference}</td></tr>`
    })}</table></div>`
}

/** In words: did it beat both, one, or neither? */
function toVerdict({ scored, promotions }: BacktestResult, { name, value, isMoreBetter, digits, rivals }: Figure): string {
  if (promotions.length === 0 || scored === 0) return 'No model became champion: the figures are those of the base rate of the labels.'
  const known = rivals.filter(rival => rival.value !== null)
  if (value === null || known.length === 0) return 'There is no figure to compare with the baselines.'
  const toGain = (rival: number) => (isMoreBetter ? value - rival : rival - value)
  const parts = known.map(rival => {
    const gain = toGain(rival.value as number)
    const amount = toFixed(Math.abs(gain), digits)
    if (Number(amount) === 0) return `is level with ${rival.name}`
    return gain > 0 ? `beats ${rival.name} by ${amount}` : `loses to ${rival.name} by ${amount}`
  })
  return `By ${name === 'Accuracy' ? 'accuracy' : name} over the whole stream it ${parts.join(' and ')}, both with the same label delay.`
}
