import type { PutEventsCommandInput, PutEventsCommandOutput } from '@aws-sdk/client-eventbridge'
import type { Bus, Clock } from '../core/ports.ts'
import type { BusEvent } from '../core/spend-event.ts'
import type { Outbox } from './outbox.ts'

/** One PutEvents call, sent once. Rejects where the service did not answer with a list of results. */
export type PutEvents = (input: PutEventsCommandInput) => Promise<PutEventsCommandOutput>

/** PutEvents takes ten entries at once. */
const mostEntries = 10
const tries = 3
const pauseMs = 50

export type BusOptions = {
  putEvents: PutEvents
  outbox: Pick<Outbox, 'put'>
  busName: string
  clock: Pick<Clock, 'sleep'>
}

/**
 * Events onto EventBridge. What it does not accept in three tries goes to the outbox, so that `publish` resolves once every
 * event is safe in one place or the other; it rejects only where neither takes it. An event whose answer was lost may be
 * in both: consumers know it by its id.
 */
export function eventBridgeBus({ putEvents, outbox, busName, clock }: BusOptions): Bus {
  return {
    async publish(events) {
      let left = [...events]
      for (let attempt = 1; left.length && attempt <= tries; attempt++) {
        if (attempt > 1) await clock.sleep(pauseMs * 4 ** (attempt - 2))
        left = await refusedOf(left, { putEvents, busName })
      }
      await Promise.all(left.map((event) => outbox.put(outboxId(event), event)))
    },
  }
}

/** Sends events to the bus itself, for the outbox's relay: rejects unless every one was accepted. */
export const busPublisher =
  (putEvents: PutEvents, busName: string) =>
  async (events: readonly BusEvent[]): Promise<void> => {
    const refused = await refusedOf(events, { putEvents, busName })
    if (refused.length)
      throw new Error(`the bus ${busName} did not accept ${refused.length} of ${events.length} events`)
  }

/**
 * An event's name in the outbox: the same for every copy, and for nothing else, because a later one takes the place of an
 * earlier. So what is left of a killed gateway's attempt (`lost`) must not displace its true event, which may be waiting.
 */
function outboxId({ type, detail }: BusEvent): string {
  if (type === 'spend.v1') return detail.outcome === 'lost' ? `lost@${detail.id}` : detail.id
  const { look, refused, limit } = detail
  const name = refused ? `refused@${limit ?? ''}` : 'look'
  return `${name}@${look.pk}@${look.sk}`
}

type To = { putEvents: PutEvents; busName: string }

/** Sends events once; which of them were not accepted, or may not have been. */
async function refusedOf(events: readonly BusEvent[], to: To): Promise<BusEvent[]> {
  const refused: BusEvent[] = []
  for (let at = 0; at < events.length; at += mostEntries)
    refused.push(...(await refusedOfTen(events.slice(at, at + mostEntries), to)))
  return refused
}

async function refusedOfTen(events: BusEvent[], { putEvents, busName }: To): Promise<BusEvent[]> {
  const entries = events.map(({ type, detail }) => ({
    EventBusName: busName,
    Source: 'purser',
    DetailType: type,
    Detail: JSON.stringify(detail),
  }))
  try {
    const { Entries } = await putEvents({ Entries: entries })
    return events.filter((_, i) => Entries?.[i]?.EventId === undefined)
  } catch {
    // Why does not matter: whatever was not accepted for sure is sent again, and in the end put into the outbox.
    return events
  }
}
