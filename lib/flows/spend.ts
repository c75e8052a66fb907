import { expiryOf } from '../core/attempt-id.ts'
import type { Budgets } from '../core/budget.ts'
import type { Config } from '../core/config.ts'
import type { Ledger } from '../core/ledger.ts'
import type { Clock, Log, Random } from '../core/ports.ts'
import type { Records } from '../core/records.ts'
import type { RouteStore } from '../core/routing.ts'
import type { AlertMessage, LookEvent, SpendEvent } from '../core/spend-event.ts'
import { jobsOf, windowName, type WindowJob } from '../steps/settle-batch.ts'
import { readMessage, type SpendMessage } from '../steps/settle-batch-messages.ts'
import { needsStatistics } from '../steps/routing-needs.ts'
import { measured } from '../steps/statistics.ts'
import { type CanaryPorts, judgeCanaries } from './canary.ts'
import { sweepRules, tellCrossings, tendWindow, type Tended } from '../steps/settle-batch-window.ts'
import { expiredHolds, sweep } from '../steps/sweep.ts'
import { hasUntold } from '../steps/thresholds.ts'

export type { SpendMessage } from '../steps/settle-batch-messages.ts'

export type SpendPorts = {
  budgets: Budgets
  ledger: Ledger
  /** Where routing's statistics are kept, for the strategies that go by them. */
  routes?: RouteStore
  /** Trials of canaries, and whom to tell when one is rolled back. */
  canaries?: Pick<CanaryPorts, 'trials' | 'tell'>
  records: Records
  clock: Clock
  random: Random
  alert: (message: AlertMessage) => Promise<void>
  log: Log
}

/** Budget windows of a batch that are worked on at once. */
const lanes = 8

/**
 * The aggregator (money protocol, 3 and 7): budgets first, then alerts, then the ledger, then the messages. Any crash, any
 * redelivery, any order: the same result. An alert that cannot be published keeps its messages in the queue, but not the
 * spend out of the ledger: budgets are settled by then, which is all that a final entry promises.
 */
export function spendFlow(config: Config, ports: SpendPorts) {
  return {
    /** Handles a batch; resolves with the ids of messages that must be delivered again (or end in the dead letters). Never rejects. */
    handle: (messages: readonly SpendMessage[]): Promise<string[]> => handle(config, ports, messages),
    /** Nightly, and by hand: every window: expired holds, and what nobody was told of. Resolves with what it moved. */
    sweep: (): Promise<{ expired: number; tombstones: number }> => sweepAll(config, ports),
  }
}

/** A batch, sorted: one copy per attempt, and whose messages they were. */
type Batch = {
  finals: Map<string, SpendEvent>
  notes: Map<string, SpendEvent>
  looks: LookEvent[]
  /** What each message needs done: names of attempts and windows. */
  needs: Map<string, string[]>
}

async function handle(config: Config, ports: SpendPorts, messages: readonly SpendMessage[]): Promise<string[]> {
  try {
    const { batch, poison } = sorted(ports, messages)
    const undone = new Set<string>([...(await tendAll(config, ports, batch)), ...(await recordNotes(ports, batch))])
    const failed = [...batch.needs].filter(([, needs]) => needs.some((need) => undone.has(need))).map(([id]) => id)
    return [...poison, ...failed]
  } catch (error) {
    ports.log('error', 'a batch of spend events failed', { reason: String(error) })
    return messages.map(({ messageId }) => messageId)
  }
}

function sorted(ports: SpendPorts, messages: readonly SpendMessage[]): { batch: Batch; poison: string[] } {
  const batch: Batch = { finals: new Map(), notes: new Map(), looks: [], needs: new Map() }
  const poison: string[] = []
  for (const message of messages.map(readMessage)) {
    if (message.type === 'poison') {
      ports.log('error', 'not a spend event', { messageId: message.messageId, reason: message.reason })
      poison.push(message.messageId)
    } else if (message.type === 'look') {
      batch.looks.push(message.look)
      batch.needs.set(message.messageId, [windowName(message.look.look)])
    } else {
      const { event, messageId } = message
      const kind = event.outcome === 'lost' ? batch.notes : batch.finals
      const one = kind.get(event.id) ?? event
      kind.set(event.id, one)
      batch.needs.set(messageId, [need(one), ...(kind === batch.finals ? one.holds.map(windowName) : [])])
    }
  }
  return { batch, poison }
}

const need = (event: SpendEvent) => `${event.outcome === 'lost' ? 'note' : 'entry'} ${event.id}`

/** Settles and tells every window of the batch, then writes the ledger. Resolves with the names of what is left undone. */
async function tendAll(config: Config, ports: SpendPorts, batch: Batch): Promise<string[]> {
  const finals = [...batch.finals.values()]
  const jobs = withLooks(jobsOf(finals), batch.looks)
  const tended = new Map<string, Tended>()
  const worker = async () => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      const name = windowName(job.key)
      const looks = batch.looks.filter(({ look }) => windowName(look) === name)
      tended.set(name, await tendWindow(config, ports, { job, looks }))
    }
  }
  await Promise.all(Array.from({ length: lanes }, worker))
  const settled = finals.filter(({ holds }) => holds.every((hold) => tended.get(windowName(hold))?.settled))
  const untold = [...tended].filter(([, { settled, told }]) => !settled || !told).map(([name]) => name)
  const unwritten = await recordAll(ports, settled)
  await measure(config, ports, settled)
  if (ports.canaries && settled.length) await judgeCanaries(config, { ...ports, ...ports.canaries }, settled)
  noteLag(
    ports,
    settled.filter((event) => !unwritten.includes(need(event))),
  )
  return [...untold, ...unwritten]
}

/** For routing alone: it may fail, and a batch that comes again is measured again. */
async function measure(config: Config, { routes, log }: SpendPorts, events: readonly SpendEvent[]): Promise<void> {
  if (!routes || !events.length || !needsStatistics(config)) return
  await routes
    .measure((known) => measured(known, events))
    .catch((error: unknown) => log('warn', "routing's statistics could not be written", { reason: String(error) }))
}

/** How long money was on its way: from the end of each attempt until it was booked, and in the ledger. */
function noteLag({ log, clock }: SpendPorts, written: readonly SpendEvent[]): void {
  if (!written.length) return
  const now = clock.now()
  // A line takes a hundred values of one metric; a batch has no more, but a local one may.
  const lags = written.slice(0, 100).map(({ end }) => Math.max(now - end, 0))
  log('info', 'spend settled', { settled_events: written.length, settlement_lag_ms: lags })
}

function withLooks(jobs: WindowJob[], looks: readonly LookEvent[]): WindowJob[] {
  const known = new Map(jobs.map((job) => [windowName(job.key), job]))
  for (const { look } of looks)
    if (!known.has(windowName(look)))
      known.set(windowName(look), { key: { pk: look.pk, sk: look.sk }, entries: [], starts: [] })
  return [...known.values()]
}

/** Resolves with what did not get into the ledger. A refused batch may be there in part: the ledger itself says which. */
async function recordAll({ ledger, log }: SpendPorts, events: SpendEvent[]): Promise<string[]> {
  try {
    if (events.length) await ledger.record(events)
    return []
  } catch (error) {
    log('error', 'ledger entries could not be written', { reason: String(error) })
    const isFinal = async ({ id }: SpendEvent) => {
      const entry = await ledger.find(id)
      return entry !== undefined && entry.outcome !== 'lost'
    }
    const there = await Promise.all(events.map((event) => isFinal(event).catch(() => false)))
    return events.filter((_, i) => !there[i]).map(need)
  }
}

/** What a killed gateway left behind: who, what and when, for the `lost` entry. Its holds stay until they expire. */
async function recordNotes({ ledger, log }: SpendPorts, { notes }: Batch): Promise<string[]> {
  const undone: string[] = []
  for (const note of notes.values())
    try {
      const unsettled = Math.max(0, ...note.holds.map(({ amount }) => amount))
      await ledger.recordLost({ ...note, unsettled })
    } catch (error) {
      log('error', 'a lost attempt could not be written down', { id: note.id, reason: String(error) })
      undone.push(need(note))
    }
  return undone
}

async function sweepAll(config: Config, ports: SpendPorts): Promise<{ expired: number; tombstones: number }> {
  const total = { expired: 0, tombstones: 0 }
  const rules = sweepRules(config, Infinity)
  // A roll-back that nobody could be told of, in a group that has had no calls since.
  if (ports.canaries) await judgeCanaries(config, { ...ports, ...ports.canaries }, [])
  for await (const { key, item } of ports.budgets.all()) {
    const due = expiredHolds(item, ports.clock.now()).map(([id]) => id)
    if (!due.length && !hasUntold(item)) continue
    try {
      const swept = await sweep(ports, rules, { key, item })
      total.expired += swept.expired
      total.tombstones += swept.tombstones
      const moments = [...due, ...Object.keys(swept.item.lost)].map((id) => expiryOf(id) - rules.lifeMs)
      await tellCrossings(config, ports, { key, item: swept.item, refused: false, overrun: false, moments })
    } catch (error) {
      ports.log('error', 'a window could not be swept', { ...key, reason: String(error) })
    }
  }
  return total
}
