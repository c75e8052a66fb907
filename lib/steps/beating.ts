/** What `next` gives where nothing came for a while. */
export const silence = Symbol('silence')

/**
 * Reads one thing after the other, and says so where one is long in coming: whoever waits can give a sign of life, and asks
 * again for the same thing. `everyMs` 0: never.
 */
export function beating<T>(read: () => Promise<T>, everyMs: number): () => Promise<T | typeof silence> {
  let pending: Promise<T> | undefined
  return () => {
    const current = (pending ??= read().finally(() => (pending = undefined)))
    if (everyMs <= 0) return current
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(silence), everyMs)
      current.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }
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
