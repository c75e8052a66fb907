import type { WindowKey } from '../../core/budget.ts'
import { GatewayError } from '../../core/errors.ts'
import { unlimited } from '../../core/money.ts'
import type { BudgetTerms, RecordOf, ScopeKind, ScopeRecord } from '../../core/records.ts'
import { windowOf } from '../../core/windows.ts'
import { invalid } from './input.ts'
import type { Desk } from './request.ts'
import { sameTerms } from './terms.ts'

/** How often an edit starts over because another was faster, and how often it is sent to a window. */
const edits = 20
const pushes = 6

export type Edit<K extends ScopeKind> = {
  kind: K
  id: string
  /** Makes the new record of the one that was read; may be called again with a newer one. Version and time are set here. */
  change: (before: RecordOf<K>) => RecordOf<K> | Promise<RecordOf<K>>
}

/**
 * Read, change, write on the condition that nothing was written in between, so that no edit is undone by an older one. An
 * edit of money or `blocked` is a new version: the record first, then the window, then a look at its thresholds (money
 * protocol, 3 "Windows"). Killed after the record, the first gateway that reads it brings the window along.
 */
export async function edit<K extends ScopeKind>(desk: Desk, { kind, id, change }: Edit<K>): Promise<RecordOf<K>> {
  const { directory, clock } = desk.ports
  let before = await directory.scope(kind, id)
  for (let tries = 0; tries < edits; tries++) {
    if (!before) throw new GatewayError('not_found', { message: `${kind} ${id} does not exist.` })
    const changed = await change(before)
    const money = !sameTerms(before.terms, changed.terms)
    const after: RecordOf<K> = {
      ...changed,
      terms: { ...changed.terms, v: before.terms.v + (money ? 1 : 0) },
      updatedAt: Math.max(clock.now(), before.updatedAt + 1),
    }
    if ((await directory.replace(before, after)) === 'replaced') {
      if (money) await push(desk, before, after)
      return after
    }
    const now: RecordOf<K> | undefined = await directory.scope(kind, id)
    if (now && now.updatedAt === before.updatedAt && now.terms.v === before.terms.v) throw taken(after)
    before = now
  }
  throw new GatewayError('unavailable', { message: `${kind} ${id} is being edited by others all the time. Try again.` })
}

/** Nobody else has touched the record, and yet it was refused: then its hash or alias belongs to another. */
export const taken = (record: ScopeRecord): GatewayError =>
  record.kind === 'key' && record.alias !== undefined
    ? invalid(
        'key_alias',
        `Key with alias '${record.alias}' already exists, or the key itself does. Choose another, or update that one with /key/update.`,
      )
    : invalid('key', `${record.kind} already exists. Choose another, or update that one with /${record.kind}/update.`)

/** Brings the windows of now to the new version: the new terms' one, and the old terms' too, where gateways may still take. */
async function push(desk: Desk, before: ScopeRecord | undefined, after: ScopeRecord): Promise<void> {
  const { clock, log, bus } = desk.ports
  const keyOf = (terms: BudgetTerms) =>
    windowOf({ kind: after.kind, id: after.id, terms }, clock.now(), desk.config.timeZone).key
  const current = keyOf(after.terms)
  const old = before && keyOf(before.terms)
  const looks: WindowKey[] = []
  try {
    if (await pushed(desk, current, { v: after.terms.v, limit: after.terms.limit ?? unlimited })) looks.push(current)
    if (old && old.sk !== current.sk) await pushed(desk, old, { v: after.terms.v })
    if (looks.length) await bus.publish(looks.map((look) => ({ type: 'look.v1', detail: { version: 1, look } })))
  } catch (error) {
    // The record is written and decides; every gateway reads it within five seconds and edits the window itself.
    log('warn', 'an edit is stored but was not pushed to its window', {
      kind: after.kind,
      id: after.id,
      error: String(error),
    })
  }
}

/** `edit` of the protocol until the item is at the version or newer. False: there is no item yet. No limit: its own stays. */
async function pushed({ ports }: Desk, on: WindowKey, to: { v: number; limit?: number }): Promise<boolean> {
  let item = await ports.budgets.read(on)
  for (let tries = 0; tries < pushes; tries++) {
    if (!item) return false
    if (item.v >= to.v) return true
    const answer = await ports.budgets.edit(on, to.limit ?? item.limit, to.v, item.limit, item.v)
    if (answer.outcome === 'done') return true
    if (answer.outcome !== 'failed') await ports.clock.sleep(20 * 2 ** tries * (0.5 + ports.random()))
    item = await ports.budgets.read(on)
  }
  throw new Error(`window ${on.pk} ${on.sk} is still at an older version`)
}
