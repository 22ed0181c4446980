import { toMinute } from '../../cli/table.ts'
import { driftMeaning } from '../replay/drift.ts'
import { blockEvents, type DriftBlock, type DriftReport } from './drift.ts'
import { backWithinRatio, type NewChampion, type Recovery, recoveryRows } from './recovery.ts'
import { paint } from './screen.ts'

const count = (value: number) => value.toLocaleString('en-US')
const loss = (value: number | null) => (value === null ? '-' : value.toFixed(4))
const labels = (value: number) => `${count(value)} ${value === 1 ? 'label' : 'labels'}`

/** The lines of the final report on the change of meaning. */
export function toDriftLines({ changedAtMs, blocks, recovery }: DriftReport): string[] {
  return [
    paint('bold', `Labels turned round from ${toMinute(changedAtMs)} on: ${driftMeaning}`),
    `  ${['event', 'both scored', 'champion', 'layer', 'trained'].map(toCell).join('')}   new champion`,
    ...blocks.flatMap(block => [...(block.from === 0 ? [paint('dim', '  the change')] : []), blockLine(block)]),
    ...recoveryLines(recovery),
  ]
}

const widths = [9, 13, 10, 10, 9]
const toCell = (text: string, at: number) => text.padStart(widths[at])

function blockLine({ from, rows, championLoss, layerLoss, trained, newChampions }: DriftBlock): string {
  const event = from < 0 ? count(from) : `+${count(from)}`
  const cells = [event, count(rows), loss(championLoss), loss(layerLoss), String(trained.length)]
  return `  ${cells.map(toCell).join('')}   ${newChampions.join(' ')}`.trimEnd()
}

function recoveryLines({ lossBefore, backAfterLabels, belowChampionAfterLabels, newChampions }: Recovery): string[] {
  const percent = `${backWithinRatio * 100} %`
  const recovered = [backAfterLabels, belowChampionAfterLabels].filter(after => after !== null)
  const back = backAfterLabels === null ? `never within ${percent} of it` : `within ${percent} of it after ${labels(backAfterLabels)}`
  const below =
    belowChampionAfterLabels === null ? 'not below the champion' : `below the champion from ${labels(belowChampionAfterLabels)} on`
  const informed = newChampions.find(({ isInformed }) => isInformed)
  const next = informed
    ? `the first champion trained on turned rows scored after ${labels(informed.afterLabels)}`
    : 'no champion trained on turned rows came'
  const isBefore = recovered.length > 0 && (!informed || Math.min(...recovered) < informed.afterLabels)
  const verdict = isBefore ? paint('green', 'before it') : paint('yellow', recovered.length > 0 ? 'not before it' : 'not recovered')
  return [
    ...newChampions.filter(({ isInformed }) => !isInformed).map(uninformedLine),
    `  the layer lost ${loss(lossBefore)} before; ${back}, ${below}; ${next}: ${verdict}`,
    `  (log loss, means of ${count(blockEvents)} events and below them of the last ${count(recoveryRows)} turned rows; labels: the turned ones in topic feedback by then)`,
  ]
}

function uninformedLine({ version, afterLabels }: NewChampion): string {
  return `  ${version}, trained before 1,000 turned rows were there, scored after ${labels(afterLabels)}`
}
