import { styleText } from 'node:util'
import { toMinute } from '../../cli/table.ts'
import type { LiveQuality } from './quality.ts'

/** All that the screen shows at one moment. */
export interface Moment {
  readonly elapsedMs: number
  readonly rows: number
  readonly eventsPublished: number
  readonly eventsPerSec: number
  readonly labelsPublished: number
  readonly predictions: number
  readonly unscored: number
  readonly rejected: number
  readonly labelsJoined: number
  readonly lag: number
  readonly eventClockMs: number | null
  readonly champion: string | null
  readonly championCount: number
  readonly quality: LiveQuality | undefined
}

/** Colours text where standard output is a terminal that wants them, and leaves it alone elsewhere. */
export function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout, validateStream: true })
}

/** The live screen: one block of lines that is drawn over itself. */
export function toScreen(moment: Moment, width: number): string {
  const label = (text: string) => paint('dim', text.padEnd(13))
  const { quality } = moment
  return [
    `${progressBar(moment.eventsPublished / moment.rows, Math.min(40, width - 40))} ${paint('bold', percent(moment.eventsPublished / moment.rows))}  ${clock(moment.elapsedMs)}${eventTime(moment)}`,
    `${label('events')}${count(moment.eventsPublished)} of ${count(moment.rows)}   ${count(moment.eventsPerSec)}/s   lag ${count(moment.lag)}`,
    `${label('predictions')}${count(moment.predictions)}   without a model ${count(moment.unscored)}   rejected ${count(moment.rejected)}`,
    `${label('labels')}${count(moment.labelsPublished)}   joined ${count(moment.labelsJoined)}`,
    `${label('champion')}${moment.champion ? `${paint('green', moment.champion)}   number ${moment.championCount}` : 'none yet'}`,
    `${label('accuracy')}${quality ? qualityLine(quality) : '-'}`,
  ].join('\n')
}

/** One plain line, for logs and pipes. */
export function toLine(moment: Moment): string {
  return [
    clock(moment.elapsedMs),
    `events ${moment.eventsPublished}/${moment.rows} (${Math.round(moment.eventsPerSec)}/s)`,
    `predictions ${moment.predictions}`,
    `rejected ${moment.rejected}`,
    `labels joined ${moment.labelsJoined}`,
    `lag ${moment.lag}`,
    `champion ${moment.champion ?? 'none'}`,
    ...(moment.quality ? [qualityLine(moment.quality)] : []),
  ].join('  ')
}

/** A model's live figures beside those of guessing, with the share of its predictions that they rest on. */
export function qualityLine({ accuracy, auc, logLoss, coverage, baselines }: LiveQuality): string {
  const figures = [
    `accuracy ${fixed(accuracy)}`,
    `majority ${fixed(baselines.majorityAccuracy)}`,
    `last label ${fixed(baselines.lastLabelAccuracy)}`,
    `AUC ${fixed(auc)}`,
    `log loss ${fixed(logLoss)} (base rate ${fixed(baselines.baseRateLogLoss)})`,
    `labelled ${coverage === null ? '-' : percent(Math.min(1, coverage))}`,
  ]
  return figures.join('  ')
}

/** @example progressBar(0.5, 4) // '██░░' */
export function progressBar(ratio: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, ratio)) * Math.max(1, width))
  return '█'.repeat(full) + '░'.repeat(Math.max(1, width) - full)
}

const count = (value: number) => Math.round(value).toLocaleString('en-US')
const percent = (ratio: number) => `${(ratio * 100).toFixed(0)}%`
const fixed = (value: number | null) => (value === null ? '-' : value.toFixed(3))
const clock = (elapsedMs: number) => new Date(elapsedMs).toISOString().slice(elapsedMs < 3_600_000 ? 14 : 11, 19)
const eventTime = ({ eventClockMs }: Moment) => {
  return eventClockMs === null ? '' : `   event time ${toMinute(eventClockMs)}`
}
