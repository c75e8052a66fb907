import type { PutItemCommandInput, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import type { AttemptId, SettleEntry, WindowItem, WindowKey } from '../core/budget.ts'
import type { NanoDollars } from '../core/money.ts'
import { keyAttributes, toAttributes } from './schema.ts'

/** The item that the first admission in a window makes of the scope's record. */
export const newWindow = (limit: NanoDollars, v: number): WindowItem => ({
  limit,
  available: limit,
  spent: 0,
  unsettled: 0,
  v,
  holds: {},
  lost: {},
  alerts: {},
})

/** One conditional update of one item, before it is put into DynamoDB's notation. */
export type BudgetUpdate = {
  on: WindowKey
  update: string
  when: string
  names: Record<string, string>
  values: Record<string, string | number>
}

export const updateInput = (
  table: string,
  { on, update, when, names, values }: BudgetUpdate,
): UpdateItemCommandInput => ({
  TableName: table,
  Key: keyAttributes(on),
  UpdateExpression: update,
  ConditionExpression: when,
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: toAttributes(values),
  ReturnValues: 'ALL_NEW',
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
})

/** `ttl` in seconds since 1970: when DynamoDB may remove the item, long after nothing can refer to it. */
export const createInput = (
  table: string,
  { on, limit, v, ttl }: { on: WindowKey; limit: NanoDollars; v: number; ttl?: number | undefined },
): PutItemCommandInput => ({
  TableName: table,
  Item: toAttributes({ ...on, ...newWindow(limit, v), ttl }),
  ConditionExpression: 'attribute_not_exists(pk)',
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
})

/**
 * The updates of the money protocol (section 3). They must stay word for word what the executable specification has
 * checked; a test compares them.
 */
export const budgetUpdates = {
  /** Holds `amount` under the attempt's id. Never sent while an earlier one of the same id may be under way (rule 1). */
  take: (on: WindowKey, id: AttemptId, { amount, v }: { amount: NanoDollars; v: number }) => ({
    on,
    update: 'SET holds.#id = :w, available = available - :w',
    when: 'v = :v AND available >= :w AND attribute_not_exists(holds.#id)',
    names: { '#id': id },
    values: { ':w': amount, ':v': v },
  }),

  /** Gives back a hold that was surely taken and surely not used. */
  release: (on: WindowKey, id: AttemptId, amount: NanoDollars) => ({
    on,
    update: 'REMOVE holds.#id SET available = available + :w',
    when: 'holds.#id = :w',
    names: { '#id': id },
    values: { ':w': amount },
  }),

  /** Gives back what a take may have held, and leaves a tombstone (0) that a take still under way runs into. */
  cancel: (on: WindowKey, id: AttemptId) => ({
    on,
    update: 'SET available = available + if_not_exists(holds.#id, :zero), holds.#id = :zero',
    when: 'attribute_exists(pk)',
    names: { '#id': id },
    values: { ':zero': 0 },
  }),

  settle: (on: WindowKey, entries: readonly SettleEntry[]) => {
    const paths = entries.map((_, i) => `holds.#h${i}`)
    return {
      on,
      update: `REMOVE ${paths.join(', ')} SET available = available + :back, spent = spent + :cost`,
      when: paths.map((path, i) => `${path} = :w${i}`).join(' AND '),
      names: Object.fromEntries(entries.map(([id], i) => [`#h${i}`, id])),
      values: {
        ...Object.fromEntries(entries.map(([, held], i) => [`:w${i}`, held])),
        ':back': entries.reduce((sum, [, held, cost]) => sum + held - cost, 0),
        ':cost': entries.reduce((sum, [, , cost]) => sum + cost, 0),
      },
    }
  },

  /** Settles an attempt whose hold had expired; `kept` is what is still counted for it. */
  settleLost: (on: WindowKey, id: AttemptId, { kept, cost }: { kept: NanoDollars; cost: NanoDollars }) => ({
    on,
    update: 'REMOVE lost.#id SET unsettled = unsettled - :kept, available = available + :back, spent = spent + :cost',
    when: 'lost.#id = :kept',
    names: { '#id': id },
    values: { ':kept': kept, ':back': kept - cost, ':cost': cost },
  }),

  /** An expired hold changes its name, not its amount (`kept` = `amount`), unless the operator chose `release` (`kept` = 0). */
  expire: (on: WindowKey, id: AttemptId, { amount, kept }: { amount: NanoDollars; kept: NanoDollars }) => ({
    on,
    update: 'REMOVE holds.#id SET lost.#id = :kept, unsettled = unsettled + :kept, available = available + :back',
    when: 'holds.#id = :w',
    names: { '#id': id },
    values: { ':w': amount, ':kept': kept, ':back': amount - kept },
  }),

  resolve: (on: WindowKey, id: AttemptId, { was, now }: { was: NanoDollars; now: NanoDollars }) => ({
    on,
    update: 'SET lost.#id = :now, unsettled = unsettled - :d, available = available + :d',
    when: 'lost.#id = :was',
    names: { '#id': id },
    values: { ':was': was, ':now': now, ':d': was - now },
  }),

  /** The limit of record version `v` replaces that of version `old`. */
  edit: (on: WindowKey, to: { limit: NanoDollars; v: number }, from: { was: NanoDollars; old: number }) => ({
    on,
    update: 'SET #limit = :limit, available = available + :d, v = :v',
    when: 'v = :old AND #limit = :was',
    names: { '#limit': 'limit' },
    values: { ':limit': to.limit, ':d': to.limit - from.was, ':v': to.v, ':was': from.was, ':old': from.old },
  }),

  /** `until` and `now` in seconds since 1970: a lease, so that an alert whose claimer died is told by another. */
  claim: (on: WindowKey, alert: string, { until, now }: { until: number; now: number }) => ({
    on,
    update: 'SET alerts.#t = :until',
    when: 'attribute_exists(pk) AND (attribute_not_exists(alerts.#t) OR alerts.#t <= :now)',
    names: { '#t': alert },
    values: { ':until': until, ':now': now },
  }),

  sent: (on: WindowKey, alert: string) => ({
    on,
    update: 'SET alerts.#t = :sent',
    when: 'attribute_exists(pk)',
    names: { '#t': alert },
    values: { ':sent': 'sent' },
  }),
} satisfies Record<string, (on: WindowKey, ...rest: never[]) => BudgetUpdate>
