import { type NanoDollars, toDollars } from '../../lib/core/money.ts'
import { dollars } from '../../lib/steps/alert-text.ts'
import { aligned } from './admin-table.ts'
import { counted, type Orphan, type OrphanWindow, type Resolved } from './admin-orphans.ts'

/** One orphan for programs: amounts in US dollars, times in ISO. */
export const orphanJson = (orphan: Orphan) => ({
  id: orphan.id,
  ...facts(orphan),
  counted: toDollars(counted(orphan)),
  windows: orphan.windows.map(({ key, scope, label, amount, state }) => ({
    scope,
    label,
    window: key.sk,
    amount: toDollars(amount),
    state,
  })),
})

/** Who, what and when, as far as anybody knows. An entry made from the hold alone knows the time only roughly. */
function facts({ entry, expires, windows }: Orphan) {
  return {
    started: entry && new Date(entry.start).toISOString(),
    expires: new Date(expires).toISOString(),
    key: entry?.key_alias ?? windows.find(({ scope }) => scope === 'key')?.label,
    model: known(entry?.model_group) ?? known(entry?.requested_model),
    request_id: known(entry?.request_id),
  }
}

const known = (value: string | undefined) => (value === 'unknown' ? undefined : value)

/** The list for people. */
export function orphanTable(orphans: Orphan[], place: string): string {
  if (!orphans.length) return `No lost attempts in ${place}.`
  const rows = orphans.flatMap((orphan) => orphan.windows.map((window) => row(orphan, window)))
  const head = ['attempt', 'state', 'counted', 'started about', 'key', 'model', 'window', 'request']
  return [
    `${orphans.length} lost attempts in ${place}. Each counts at its worst case until its event comes or it is resolved.`,
    '',
    ...aligned([head, ...rows]),
    '',
    'To count less: npm run admin -- orphans resolve <attempt> --cost <dollars>',
  ].join('\n')
}

function row(orphan: Orphan, window: OrphanWindow): string[] {
  const { started, key, model, request_id } = facts(orphan)
  const where = `${window.scope} ${window.label} ${window.key.sk}`
  return [
    orphan.id,
    window.state,
    dollars(window.amount),
    started ?? '-',
    key ?? '-',
    model ?? '-',
    where,
    request_id ?? '-',
  ]
}

/** What `resolve` did, window by window. */
export function resolvedText(id: string, resolved: Resolved[], json: boolean): string {
  const of = (amount: NanoDollars) => (json ? toDollars(amount) : dollars(amount))
  const windows = resolved.map(({ window, now }) => ({
    scope: window.scope,
    label: window.label,
    window: window.key.sk,
    was: of(window.amount),
    now: of(now),
  }))
  if (json) return JSON.stringify({ id, windows }, null, 2)
  if (!windows.length) return `The event of attempt ${id} has come meanwhile: its true cost is booked.`
  return windows
    .map((w) => `${id}: ${w.scope} ${w.label} ${w.window} counts ${w.now} for it (was ${w.was}).`)
    .join('\n')
}
