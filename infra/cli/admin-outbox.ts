import { busPublisher } from '../../lib/aws/bus.ts'
import { outboxStore } from '../../lib/aws/outbox.ts'
import { type Attributes, keys, outboxShards } from '../../lib/aws/schema.ts'
import { isObject, objectOf, tryParse } from '../../lib/core/json.ts'
import { type Command, wordsOf } from './admin-command.ts'
import { putEvents } from './admin-management.ts'
import type { AdminStore } from './admin-store.ts'
import { eventLine, eventHead } from './admin-event.ts'
import { json, table } from './admin-table.ts'
import type { World } from './admin-world.ts'

export const outboxCommands: readonly Command[] = [
  listing('outbox'),
  listing('outbox list'),
  {
    name: 'outbox replay',
    summary: 'send them to the bus now, instead of within the minute',
    prepare: (given) => {
      wordsOf(given, 'outbox replay')
      return async (world) => {
        const told = await replay(world)
        return given.json
          ? json(told)
          : { text: `${told.sent} events sent, ${told.waiting} still wait.`, failed: told.waiting > 0 }
      }
    },
  },
]

function listing(name: string): Command {
  return {
    name,
    summary: name === 'outbox' ? 'the same as `outbox list`' : 'events that wait for the bus',
    prepare: (given) => {
      wordsOf(given, name)
      return async (world) => {
        const events = await waiting(await world.store())
        if (given.json) return json({ waiting: events.length, events })
        const count = `${events.length} events wait in the outbox.`
        return events.length ? `${count}\n\n${table(eventHead, events.map(eventLine))}` : count
      }
    },
  }
}

/** Every event of the outbox, parsed. */
export async function waiting({ dynamo, table: name }: AdminStore): Promise<unknown[]> {
  const found: unknown[] = []
  for (let shard = 0; shard < outboxShards; shard++) {
    let from: Attributes | undefined
    do {
      const page = await dynamo('Query', {
        TableName: name,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: keys.outbox(shard, '').pk } },
        ConsistentRead: true,
        ...(from && { ExclusiveStartKey: from }),
      })
      found.push(...(page.Items ?? []).map(({ event }) => tryParse(event?.S ?? '')))
      from = page.LastEvaluatedKey
    } while (from)
  }
  return found.map((event) => (isObject(event) ? event : objectOf(event)))
}

async function replay(world: World): Promise<{ sent: number; waiting: number }> {
  const stack = await world.stack()
  if (!stack)
    throw new Error(
      'There is no bus to send to. Remedy: --stack NAME; on one machine the outbox is not used, events lie in its journal.',
    )
  const store = await world.store()
  const sent = await outboxStore(store.dynamo, store.table).relay(busPublisher(putEvents(), stack.bus))
  return { sent, waiting: (await waiting(store)).length }
}
