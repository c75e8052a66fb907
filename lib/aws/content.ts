import type { TellContent } from '../core/ports.ts'
import type { PutEvents } from './bus.ts'

/**
 * Content onto the bus, once: it is no money, so what the bus does not take is lost. Rejects without a word of what was
 * said, since the reason is logged.
 */
export const contentSender =
  (putEvents: PutEvents, busName: string): TellContent =>
  async (event) => {
    const entry = { EventBusName: busName, Source: 'purser', DetailType: 'content.v1', Detail: JSON.stringify(event) }
    const { Entries } = await putEvents({ Entries: [entry] })
    if (Entries?.[0]?.EventId === undefined) throw new Error(`the bus ${busName} did not take the content`)
  }
