/** What `next` gives where nothing came for a while. */
export const silence = Symbol('silence')

/**
 * Reads one thing after the other, and says so where one is long in coming: whoever waits can give a sign of life, and asks
 * again for the same thing. `everyMs` 0: never. One timer serves a whole stream: it is called for every piece of it.
 */
export function beating<T>(read: () => Promise<T>, everyMs: number): () => Promise<T | typeof silence> {
  if (everyMs <= 0) return read
  let pending: Promise<T> | undefined
  /** Ends the wait that is going on. */
  let beat: (() => void) | undefined
  let since = 0
  let timer: NodeJS.Timeout | undefined
  const over = () => {
    pending = undefined
    beat = undefined
  }
  const check = () => {
    timer = undefined
    const left = since + everyMs - Date.now()
    if (left > 0) arm(left)
    else beat?.()
  }
  // Nothing is kept alive by it once the stream is over.
  const arm = (ms: number) => void (timer ??= setTimeout(check, ms).unref())

  return () =>
    new Promise((resolve, reject) => {
      pending ??= read()
      since = Date.now()
      beat = () => resolve(silence)
      arm(everyMs)
      pending.then(
        (value) => (over(), resolve(value)),
        (error: unknown) => (over(), reject(error as Error)),
      )
    })
}

/** A comment of server-sent events: every client passes over it. */
export const comment = Buffer.from(': keep-alive\n\n')

type Patience = { everyMs: number; beat: Uint8Array | undefined }

/** Waits for something that may take long, with a sign of life whenever it does. Rejects as the work does. */
export async function* patiently<T>(
  work: Promise<T>,
  { everyMs, beat = comment }: Patience,
): AsyncGenerator<Uint8Array, T> {
  const next = beating(() => work, everyMs)
  for (;;) {
    const got = await next()
    if (got !== silence) return got
    yield beat
  }
}
