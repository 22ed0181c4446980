import { toFixedOrDash, toMinute, toTable } from '../table.ts'
import type { LayerView } from './view.ts'

/** A layer as tables, and in a sentence what it does now. */
export function toLayerText(view: LayerView): string {
  const { snapshots, members, version } = view
  const parts = [toStatusText(view)]
  if (version !== null) parts.push(toFiguresText(view))
  if (members) {
    const rows = members.toSorted((a, b) => b.weight - a.weight).map(({ name, weight }) => [name, weight.toFixed(4)])
    parts.push(toTable([{ title: 'member' }, { title: 'weight', align: 'right' }], rows))
  }
  if (version === null && snapshots.count > 0) parts.push(`snapshots: ${toSnapshotsText(snapshots)}`)
  return parts.join('\n\n')
}

function toStatusText({ pipeline, status, problem, frozenSinceMs, learntAtMs, staleAfterMs }: LayerView): string {
  const layer = `layer of ${pipeline}`
  switch (status) {
    case 'off':
      return `${layer}: the definition has none; the champion decides alone`
    case 'none':
      return `${layer}: there is no state yet; the step adapt begins one with the first label`
    case 'broken':
      return `${layer}: broken, so that the champion decides alone: ${problem}\nwith the next label adapt goes on from the newest snapshot`
    case 'other definition':
      return `${layer}: of another definition or of other settings, so that the champion decides alone\n${
        frozenSinceMs === null
          ? 'with the next label adapt begins anew'
          : 'it is frozen, and adapt begins anew only after `millrace layer unfreeze`'
      }`
    case 'frozen':
      return `${layer}: frozen; it scores and learns nothing`
    case 'stale':
      return `${layer}: stale, so that the champion decides alone until the next label: ${
        learntAtMs === null ? 'it has learnt nothing yet' : `it learnt nothing for more than ${toAge(staleAfterMs!)}`
      }`
    case 'learning':
      return `${layer}: scores and learns`
    default:
      return status satisfies never
  }
}

function toFiguresText({ version, labels, learntAtMs, ageMs, frozenSinceMs, champion, losses, snapshots }: LayerView): string {
  const rows = [
    ['version', String(version)],
    ['labels of rows that it had scored', labels.toLocaleString('en')],
    ['last learnt (UTC)', learntAtMs === null ? 'nothing yet' : `${toMinute(learntAtMs)}, ${toAge(ageMs!)} ago`],
    ['frozen since (UTC)', frozenSinceMs === null ? '-' : toMinute(frozenSinceMs)],
    ['champion', champion ?? '-'],
    ['loss a label, champion', toFixedOrDash(losses?.champion)],
    ['loss a label, layer as predicted', toFixedOrDash(losses?.layer)],
    ["loss a label, layer as of the label's release", toFixedOrDash(losses?.release)],
    ['snapshots', toSnapshotsText(snapshots)],
  ]
  const width = Math.max(...rows.map(([title]) => title.length))
  return rows.map(([title, value]) => `${title.padEnd(width)}  ${value}`).join('\n')
}

function toSnapshotsText({ count, oldest }: LayerView['snapshots']): string {
  if (!oldest) return 'none'
  const learnt = oldest.learntAtMs === null ? '' : `, of ${toMinute(oldest.learntAtMs)}`
  return `${count.toLocaleString('en')}, the oldest of version ${oldest.version}${learnt}`
}

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const

/** @example toAge(90_000) // '1.5 min' */
function toAge(ms: number): string {
  const [unitMs, name] = units.find(([unitMs]) => Math.abs(ms) >= unitMs) ?? units[3]
  return `${Number((ms / unitMs).toFixed(1))} ${name}`
}
