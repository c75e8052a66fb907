import type { NanoDollars } from '../core/money.ts'
import type { ReportBudget, ReportList, ReportMessage, ReportSums } from '../core/notice.ts'
import { dollars } from './alert-text.ts'

const longestLabel = 60

type Facts = Omit<ReportMessage, 'text'>

/** A report as a person reads it, in chat and in e-mail alike: paragraphs of lines, no tables. */
export function reportText(report: Facts): string {
  const parts = [
    headOf(report),
    listText('By team', report.teams, 'others (no team, a deleted or a smaller one)'),
    listText('By key', report.keys, 'others (the master key, a deleted key or a smaller one)'),
    listText('By model', report.models, 'others'),
    budgetsText(report.budgets),
    unsettledText(report),
  ]
  return parts.filter(Boolean).join('\n\n')
}

function headOf({ every, from, to, requests, failed, ...sums }: Facts): string {
  const name = every === 'weekly' ? 'Weekly' : 'Monthly'
  const calls = `${requests} ${requests === 1 ? 'request' : 'requests'}${failed ? `, ${failed} of them failed` : ''}`
  return `${name} spend report, ${from} to ${to} (days of UTC)\nTotal: ${dollars(sums.spent)} for ${calls}${changeText(sums, every)}`
}

function changeText({ spent, before }: Pick<ReportSums, 'spent' | 'before'>, every: Facts['every']): string {
  const then = `the ${every === 'weekly' ? 'week' : 'month'} before`
  if (before === 0) return `; nothing ${then}`
  return `; ${percentText(spent, before)} from ${dollars(before)} ${then}`
}

/** `up 20%`; a change of less than one per cent is none. */
function percentText(spent: NanoDollars, before: NanoDollars): string {
  const percent = Math.round(((spent - before) / before) * 100)
  return percent === 0 ? 'unchanged' : percent > 0 ? `up ${percent}%` : `down ${-percent}%`
}

/** Nothing where there is only the rest: a gateway without teams has no paragraph of them. */
function listText(title: string, { top, others }: ReportList, otherName: string): string {
  if (top.length === 0) return ''
  const rest = others.spent || others.requests ? [{ ...others, label: otherName }] : []
  const lines = [...top, ...rest].map((line) => `• ${labelText(line.label)}: ${dollars(line.spent)}${shift(line)}`)
  return [`${title}:`, ...lines].join('\n')
}

const shift = ({ spent, before }: ReportSums): string => (before === 0 ? ' (new)' : ` (${percentText(spent, before)})`)

function budgetsText(budgets: readonly ReportBudget[]): string {
  if (budgets.length === 0) return ''
  const lines = budgets.map(
    ({ scope, label, percent, spent, limit, window }) =>
      `• ${scope === 'global' ? 'the gateway' : `${scope} ${labelText(label)}`}: ${percent}%, ${dollars(spent)} of ${dollars(limit)} (window ${window.split('#')[0]})`,
  )
  return ['Budgets that are 80% used or more:', ...lines].join('\n')
}

function unsettledText({ unsettled, unsettled_attempts: attempts }: Facts): string {
  if (attempts === 0) return ''
  const what = attempts === 1 ? 'an attempt whose gateway was' : `${attempts} attempts whose gateways were`
  return `Unsettled: up to ${dollars(unsettled)} for ${what} killed; see \`npm run admin -- orphans\`.`
}

/** One line, whatever a name holds. */
const labelText = (label: string): string =>
  label.replace(/\s+/g, ' ').length > longestLabel
    ? `${label.replace(/\s+/g, ' ').slice(0, longestLabel)}…`
    : label.replace(/\s+/g, ' ')
