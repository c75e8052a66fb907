import type { Clock } from '../core/ports.ts'

/** A body that is being answered: read by one reader, to its end or until `return`. */
export type Pieces = AsyncIterableIterator<Uint8Array, undefined>

export type PiecesOptions = {
  clock: Clock
  /** A reader that takes nothing for so long, or up to twice as long, has gone. */
  stalledMs: number
  /** Fires when the answer is not wanted any more; `leave` makes it fire. */
  left: AbortSignal
  leave: (reason: Error) => void
  /** Called once, when the body has ended in any way. */
  conclude: () => Promise<void>
}

const done = { done: true, value: undefined } as const

/**
 * The bytes of a reply at the reader's pace. Whatever ends it (the last byte, a source that breaks, a reader that leaves or stalls)
 * tells the source, and is concluded once: before the reader is told of the end. Once `left` has fired `next` rejects with its
 * reason, at once, also while the source is silent.
 */
export function piecesOf(body: AsyncIterable<Uint8Array>, options: PiecesOptions): Pieces {
  const { left, leave, conclude } = options
  const source = body[Symbol.asyncIterator]()
  const ended = new AbortController()
  const reading: Reading = { pending: undefined, quiet: false }
  let over: Promise<unknown> | undefined

  const end = (finish?: () => Promise<unknown> | undefined): Promise<unknown> => {
    left.removeEventListener('abort', letGo)
    over ??= concluding(finish, conclude)
    ended.abort()
    return over
  }
  function letGo(): void {
    // A source that was already broken: nobody is there to be told.
    end(() => source.return?.()).catch(() => {})
    reading.pending?.(left.reason)
  }

  if (left.aborted) letGo()
  else left.addEventListener('abort', letGo, { once: true })
  void watchReader(reading, ended.signal, options)
  return {
    async next() {
      left.throwIfAborted()
      if (over) return done
      reading.quiet = false
      const piece = await pieceOf(source, reading).catch(async (error: unknown) => {
        if (!left.aborted) await end()
        throw error
      })
      if (!piece.done) return { done: false, value: piece.value }
      await end()
      return done
    },
    async return() {
      if (!over) leave(new Error('The reader has left the answer.'))
      await over?.catch(() => {})
      return done
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

async function concluding(finish: (() => Promise<unknown> | undefined) | undefined, conclude: () => Promise<void>) {
  try {
    await finish?.()
  } finally {
    await conclude()
  }
}

/** `pending` breaks off the read under way; `quiet`: none was begun since somebody looked. */
type Reading = { pending: ((reason: unknown) => void) | undefined; quiet: boolean }

async function pieceOf(source: AsyncIterator<Uint8Array>, reading: Reading): Promise<IteratorResult<Uint8Array>> {
  try {
    return await new Promise((resolve, reject) => {
      reading.pending = reject
      source.next().then(resolve, reject)
    })
  } finally {
    reading.pending = undefined
  }
}

/** A reader that does not come back would hold the provider, and the money, for ever. */
async function watchReader(reading: Reading, ended: AbortSignal, { clock, stalledMs, leave }: PiecesOptions) {
  while (!ended.aborted) {
    reading.quiet = true
    await clock.sleep(stalledMs, ended)
    if (!ended.aborted && reading.quiet && !reading.pending)
      leave(new Error(`Nobody has read the answer for ${stalledMs} ms, so it was given up.`))
  }
}
