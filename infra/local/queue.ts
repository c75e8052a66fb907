import type { Clock, Log } from '../../lib/core/ports.ts'
import { type Journal, openJournal } from './journal.ts'
import type { Entry } from './segments.ts'

export type QueueMessage = { messageId: string; body: unknown }

/** A durable queue for one process: what SQS and SNS are to the functions. */
export type Queue<T> = {
  /** Resolves once the messages survive a kill of this process. Rejects where they cannot be written (a full disk). */
  add: (bodies: readonly T[]) => Promise<void>
  start: () => void
  /** Resolves once nothing waits: everything was handled, or is in the dead letters. */
  drain: () => Promise<void>
  /** Ends delivery after the batch under way. What is left is delivered after the next start. */
  stop: () => Promise<void>
}

export type QueueOptions = {
  dir: string
  /** Handles a batch; resolves to the ids of those to deliver again. */
  handle: (messages: QueueMessage[]) => Promise<string[]>
  log: Log
  clock: Clock
  /** Deliveries of one message until it goes to the dead letters. */
  maxAttempts: number
  /** How long a batch waits for company, and how many messages it has at most. */
  lingerMs?: number
  batchSize?: number
}

type Waiting = Entry & { attempts: number; dueAt: number }
type Line = {
  options: QueueOptions
  journal: Journal
  waiting: Waiting[]
  wake: AbortController
  onEmpty: (() => void)[]
}

const longestWaitMs = 60_000

/** Back-off of a message that failed: 0.5 s, doubled each time. */
const backOffMs = (attempts: number) => Math.min(500 * 2 ** (attempts - 1), longestWaitMs)

const fresh = (entry: Entry): Waiting => ({ ...entry, attempts: 0, dueAt: 0 })

/**
 * Delivers in the order of arrival, in batches, one batch at a time. A message that fails waits on its own and holds up
 * nobody. At least once: a kill between handling and confirming delivers again, which is harmless to the handlers here.
 */
export function journalQueue<T>(options: QueueOptions): Queue<T> {
  const { journal, pending } = openJournal(options.dir, options.log)
  const line: Line = { options, journal, waiting: pending.map(fresh), wake: new AbortController(), onEmpty: [] }
  const stopped = new AbortController()
  let running: Promise<void> | undefined
  return {
    add: async (bodies) => {
      line.waiting.push(...journal.append(bodies).map(fresh))
      line.wake.abort()
    },
    start: () => void (running ??= run(line, stopped.signal)),
    drain: () => (line.waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => line.onEmpty.push(resolve))),
    stop: async () => {
      stopped.abort()
      line.wake.abort()
      await running
      journal.close()
    },
  }
}

async function run(line: Line, stopped: AbortSignal): Promise<void> {
  const { clock, lingerMs = 15 } = line.options
  while (!stopped.aborted) {
    const inMs = line.waiting.reduce((least, { dueAt }) => Math.min(least, dueAt - clock.now()), longestWaitMs)
    if (inMs > 0) {
      await clock.sleep(inMs, line.wake.signal)
      line.wake = new AbortController()
    } else {
      await clock.sleep(lingerMs)
      await deliver(line)
    }
  }
}

async function deliver(line: Line): Promise<void> {
  const { clock, batchSize = 100 } = line.options
  const now = clock.now()
  const batch = line.waiting.filter(({ dueAt }) => dueAt <= now).slice(0, batchSize)
  conclude(line, batch, new Set(await handled(line.options, batch)))
  if (line.waiting.length > 0) return
  for (const resolve of line.onEmpty.splice(0)) resolve()
}

async function handled({ handle, log }: QueueOptions, batch: Waiting[]): Promise<string[]> {
  try {
    return await handle(batch.map(({ id, body }) => ({ messageId: id, body })))
  } catch (error) {
    log('error', 'a batch of messages failed as a whole', { reason: String(error), messages: batch.length })
    return batch.map(({ id }) => id)
  }
}

function conclude(line: Line, batch: Waiting[], failed: Set<string>): void {
  const { clock, maxAttempts } = line.options
  const seen = new Set(batch)
  const later = batch
    .filter(({ id }) => failed.has(id))
    .map((one) => ({ ...one, attempts: one.attempts + 1, dueAt: clock.now() + backOffMs(one.attempts + 1) }))
  const again = later.filter(({ attempts }) => attempts < maxAttempts)
  line.waiting = [...line.waiting.filter((one) => !seen.has(one)), ...again]
  record(line, {
    done: batch.filter(({ id }) => !failed.has(id)),
    dead: later.filter(({ attempts }) => attempts >= maxAttempts),
  })
}

/** On a full disk nothing is recorded: what was handled is then delivered again after the next start, which is harmless. */
function record({ journal, options }: Line, { done, dead }: { done: Waiting[]; dead: Waiting[] }): void {
  const { log, dir } = options
  try {
    journal.confirm(done.map(({ id }) => id))
    if (dead.length === 0) return
    journal.bury(dead)
    log('error', 'messages went to the dead letters', { ids: dead.map(({ id }) => id), dir })
  } catch (error) {
    log('error', 'the progress of a queue could not be written', { reason: String(error), dir })
  }
}
