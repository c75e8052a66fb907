import type { RollupKind } from '../core/ledger.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import { keyAttributes, keys, toAttributes } from './schema.ts'

/** Sort key of the roll-up that sums all days. It sorts behind every day, so a range of days never contains it. */
export const allDays = 'total'

type Sums = { spend: number; requests: number; failed: number; prompt_tokens: number; completion_tokens: number }

/** Which roll-ups an event is counted in; scopes it does not have are left out. */
const membership = {
  key: (event) => event.key_id,
  team: (event) => event.team_id,
  user: (event) => event.user_id,
  model: (event) => event.model_group,
  provider: (event) => event.provider,
} satisfies Record<RollupKind, (event: SpendEvent) => string | undefined>

/** One update per roll-up that these events are counted in: a transaction may not name an item twice. */
export function rollupUpdates(table: string, events: readonly SpendEvent[]) {
  const sums = new Map<string, { key: { pk: string; sk: string }; sums: Sums }>()
  for (const event of events)
    for (const key of rollupKeys(event)) {
      const name = `${key.pk}\n${key.sk}`
      sums.set(name, { key, sums: plus(sums.get(name)?.sums, event) })
    }
  return [...sums.values()].map(({ key, sums }) => ({
    Update: {
      TableName: table,
      Key: keyAttributes(key),
      UpdateExpression:
        'ADD spend :spend, requests :requests, failed :failed, prompt_tokens :prompt, completion_tokens :completion',
      ExpressionAttributeValues: toAttributes({
        ':spend': sums.spend,
        ':requests': sums.requests,
        ':failed': sums.failed,
        ':prompt': sums.prompt_tokens,
        ':completion': sums.completion_tokens,
      }),
    },
  }))
}

/** The items an event is counted in: of its day (of its end, in UTC) and of all days. */
export function rollupKeys(event: SpendEvent): { pk: string; sk: string }[] {
  const day = new Date(event.end).toISOString().slice(0, 10)
  return Object.entries(membership).flatMap(([by, idOf]) => {
    const id = idOf(event)
    return id ? [keys.rollup(by, id, day), keys.rollup(by, id, allDays)] : []
  })
}

const plus = (sums: Sums | undefined, event: SpendEvent): Sums => ({
  spend: (sums?.spend ?? 0) + event.cost,
  requests: (sums?.requests ?? 0) + 1,
  failed: (sums?.failed ?? 0) + (event.outcome === 'failed' ? 1 : 0),
  prompt_tokens: (sums?.prompt_tokens ?? 0) + event.usage.prompt,
  completion_tokens: (sums?.completion_tokens ?? 0) + event.usage.completion,
})
