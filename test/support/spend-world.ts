import { budgetStore } from '../../lib/aws/budgets.ts'
import type { Dynamo } from '../../lib/aws/dynamo.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { routeStore } from '../../lib/aws/routing.ts'
import { trialStore } from '../../lib/aws/trials.ts'
import type { Budgets, Hold, WindowKey } from '../../lib/core/budget.ts'
import type { Config } from '../../lib/core/config.ts'
import type { CanaryMessage } from '../../lib/core/notice.ts'
import type { BudgetTerms, Records, RecordOf, ScopeKind } from '../../lib/core/records.ts'
import type { AlertMessage, BusEvent } from '../../lib/core/spend-event.ts'
import { spendFlow, type SpendMessage } from '../../lib/flows/spend.ts'
import { life } from './faulty-dynamo.ts'
import { keyRecord, noon, spendConfig } from './spend.ts'

/** The aggregator on a real store, with a clock that only moves when it is told to, and an ear for its alerts. */
export function spendWorld(dynamo: Dynamo, terms: Partial<BudgetTerms> = {}, config: Partial<Config> = {}) {
  const table = 'purser'
  let now = noon
  const clock = {
    now: () => now,
    sleep: (ms: number) => {
      now += ms
      return Promise.resolve()
    },
  }
  // Numbers that differ from each other, always in the same order.
  let drawn = 0
  const random = () => (drawn = (drawn + 0.618034) % 1)
  const pace = { sleep: clock.sleep, random: () => 0.5, tries: 10 }
  const published: AlertMessage[] = []
  const rolledBack: CanaryMessage[] = []
  const log: string[] = []
  const budgets = budgetStore(dynamo, table)

  /** One process: its steps are its store calls and publications. */
  const born = (of = life(), publish?: (message: AlertMessage) => Promise<void>) => {
    const own = of.dynamo(dynamo)
    return spendFlow(spendConfig(config), {
      budgets: budgetStore(own, table),
      ledger: ledgerStore(own, table, pace),
      routes: routeStore({ dynamo: own, table, now: clock.now }),
      canaries: {
        trials: trialStore({ dynamo: own, table }),
        tell: (message) => of.go(async () => void rolledBack.push(message)),
      },
      records: recordsOf(terms),
      clock,
      random,
      alert: (message) =>
        of.go(async () => {
          await publish?.(message)
          published.push(message)
        }),
      log: (level, text, fields) => void log.push(`${level} ${text} ${JSON.stringify(fields)}`),
    })
  }
  return {
    budgets,
    ledger: ledgerStore(dynamo, table, pace),
    published,
    rolledBack,
    log,
    born,
    now: () => now,
    pass: (ms: number) => void (now += ms),
    /** Redelivers until nothing is left, as the queue would, with a visibility timeout longer than an alert's lease. */
    async drain(messages: SpendMessage[]): Promise<void> {
      for (let left = messages, times = 0; left.length; times++) {
        if (times > 5)
          throw new Error(`still undelivered: ${left.map(({ messageId }) => messageId).join()}\n${log.join('\n')}`)
        const failed = new Set(await born().handle(left))
        left = left.filter(({ messageId }) => failed.has(messageId))
        now += 61_000
      }
    },
  }
}

export type SpendWorld = ReturnType<typeof spendWorld>

function recordsOf(terms: Partial<BudgetTerms>): Records {
  const record = keyRecord(terms)
  return {
    keyByHash: () => Promise.resolve(undefined),
    scope: <K extends ScopeKind>(kind: K, id: string) =>
      Promise.resolve({ ...record, kind, id, alias: `${kind}-alias` } as unknown as RecordOf<K>),
  }
}

/** Opens windows and takes holds on them, as a gateway has done before its event comes. */
export async function holdAll(budgets: Budgets, limit: number, holds: { id: string; on: Hold[] }[]): Promise<void> {
  for (const { id, on } of holds)
    for (const { pk, sk, amount } of on) {
      await budgets.create({ pk, sk }, limit, 1)
      const answer = await budgets.take({ pk, sk }, id, amount, 1)
      if (answer.outcome !== 'done') throw new Error(`could not hold: ${JSON.stringify(answer)}`)
    }
}

export const messageOf = (messageId: string, body: BusEvent): SpendMessage => ({ messageId, body })

/** `available + spent + holds + unsettled = limit`, and unsettled is the sum of what is lost. */
export async function booksOf(budgets: Budgets, key: WindowKey) {
  const item = await budgets.read(key)
  if (!item) throw new Error(`no window ${key.pk}`)
  const balance = item.available + item.spent + sum(item.holds) + item.unsettled - item.limit
  if (balance !== 0 || sum(item.lost) !== item.unsettled) throw new Error(`books of ${key.pk}: ${JSON.stringify(item)}`)
  // Names as lists, because toMatchObject takes any object for an empty one.
  return { ...item, heldIds: Object.keys(item.holds), lostIds: Object.keys(item.lost) }
}

const sum = (of: Record<string, number>) => Object.values(of).reduce((a, b) => a + b, 0)
