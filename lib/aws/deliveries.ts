import { randomUUID } from 'node:crypto'
import type { Claim, Deliveries } from '../core/notice.ts'
import type { Clock } from '../core/ports.ts'
import { type Dynamo, DynamoError } from './dynamo.ts'
import { ordinaryPace, type Pace, patiently } from './ledger-pace.ts'
import { type Attributes, keyAttributes, keys } from './schema.ts'

/** Longer than a delivery may take; then somebody else may try, because whoever claimed it is dead. */
const leaseSeconds = 45

/** Longer than any queue keeps a copy (14 days), so that a copy that is driven back from the dead letters is still known. */
const keptSeconds = 30 * 86_400

export type DeliveriesOptions = { dynamo: Dynamo; table: string; clock: Pick<Clock, 'now'>; pace?: Pace }

/**
 * One item per notice and target (`ALERT#<id>`, target), forgotten after 30 days. Every write may be repeated: a claim
 * knows its own by `owner`, the rest says the same thing again. Plain updates only, so that writers need no other right.
 */
export function deliveryStore(options: DeliveriesOptions): Deliveries {
  const { clock } = options
  return {
    async claim(id, target) {
      const owner = randomUUID()
      const now = Math.floor(clock.now() / 1000)
      const update = updateOf(options, keys.delivery(id, target), owner)
      try {
        await update({
          UpdateExpression: 'SET #owner = :owner, #until = :until, #ttl = :ttl',
          ConditionExpression:
            'attribute_not_exists(#told) AND (attribute_not_exists(#until) OR #until <= :now OR #owner = :owner)',
          names: { '#owner': 'owner', '#until': 'until', '#ttl': 'ttl', '#told': 'told' },
          values: { ':until': now + leaseSeconds, ':now': now, ':ttl': now + keptSeconds },
        })
      } catch (error) {
        return refusal(error)
      }
      return { state: 'mine', done: () => done(update, now), release: () => release(update) }
    },
  }
}

type Change = {
  UpdateExpression: string
  ConditionExpression?: string
  names: Record<string, string>
  values: Record<string, number>
}
type Update = (change: Change) => Promise<unknown>

function updateOf(options: DeliveriesOptions, key: { pk: string; sk: string }, owner: string): Update {
  const { dynamo, table, pace = ordinaryPace } = options
  return ({ names, values, ...expressions }) => {
    const known: Attributes = names['#owner'] ? { ':owner': { S: owner } } : {}
    for (const [name, value] of Object.entries(values)) known[name] = { N: String(value) }
    return patiently(pace, () =>
      dynamo('UpdateItem', {
        TableName: table,
        Key: keyAttributes(key),
        ...expressions,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: known,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    )
  }
}

function refusal(error: unknown): Claim {
  if (!(error instanceof DynamoError) || error.code !== 'ConditionalCheckFailedException') throw error
  return { state: error.item?.told ? 'done' : 'busy' }
}

/** Unconditional: whoever has told it says so, even after its claim has lapsed. */
const done = async (update: Update, now: number): Promise<void> => {
  await update({ UpdateExpression: 'SET #told = :told', names: { '#told': 'told' }, values: { ':told': now } })
}

/** Only one's own claim: where it has lapsed, it is somebody else's. */
async function release(update: Update): Promise<void> {
  try {
    await update({
      UpdateExpression: 'REMOVE #until',
      ConditionExpression: '#owner = :owner',
      names: { '#until': 'until', '#owner': 'owner' },
      values: {},
    })
  } catch (error) {
    if (!(error instanceof DynamoError) || error.code !== 'ConditionalCheckFailedException') throw error
  }
}
