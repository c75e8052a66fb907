import type { Bus } from '../../lib/core/ports.ts'
import type { BusEvent } from '../../lib/core/spend-event.ts'
import { journalQueue, type Queue, type QueueOptions } from './queue.ts'

/** The bus of one computer: an event is in the journal before `publish` resolves, and reaches `handle` even after a kill. */
export function journalBus(options: QueueOptions): Bus & Pick<Queue<BusEvent>, 'start' | 'drain' | 'stop'> {
  const queue = journalQueue<BusEvent>(options)
  return {
    publish: async (events) => {
      if (events.length > 0) await queue.add(events)
    },
    start: queue.start,
    drain: queue.drain,
    stop: queue.stop,
  }
}
