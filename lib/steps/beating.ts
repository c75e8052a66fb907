/** What `next` gives where nothing came for a while. */
export const silence = Symbol('silence')

type Beating<T> = {
  /** What comes next, or that nothing has come for a while. */
  next: () => Promise<T | typeof silence>
  /** Nobody waits any more. Until its timer fires, all that the stream holds would be kept: its request, of megabytes. */
  stop: () => void
}

/**
 * Reads one thing after the other, and says so where one is long in coming: whoever waits can give a sign of life, and asks
 * again for the same thing. `everyMs` 0: never. One timer serves a whole stream: it is asked for every piece of it.
 */
export function beating<T>(read: () => Promise<T>, everyMs: number): Beating<T> {
  if (everyMs <= 0) return { next: read, stop: () => {} }
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
  const arm = (ms: number) => void (timer ??= setTimeout(check, ms).unref())

  return {
    next: () =>
      new Promise((resolve, reject) => {
        pending ??= read()
        since = Date.now()
        beat = () => resolve(silence)
        arm(everyMs)
        pending.then(
          (value) => (over(), resolve(value)),
          (error: unknown) => (over(), reject(error as Error)),
        )
      }),
    stop: () => clearTimeout(timer),
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
  const { next, stop } = beating(() => work, everyMs)
  try {
    for (;;) {
      const got = await next()
      if (got !== silence) return got
      yield beat
    }
  } finally {
    stop()
  }
}
