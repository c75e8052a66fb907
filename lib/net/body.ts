import type { Dispatcher } from './pool.ts'

/** A reply's body between the socket that fills it and the one reader that empties it. */
export type Body = {
  bytes: AsyncIterable<Uint8Array>
  push(chunk: Uint8Array): void
  end(): void
  fail(error: Error): void
}

/** Chunks that may wait to be read before the socket pauses. */
const most = 16

/** An iterable with backpressure: the socket rests while nobody reads, and is closed when the reader leaves early. */
export function bodyOf(controller: Pick<Dispatcher.DispatchController, 'abort' | 'pause' | 'resume'>): Body {
  const waiting: Uint8Array[] = []
  let state: 'open' | 'ended' | Error = 'open'
  let paused = false
  let wake: (() => void) | undefined
  const signal = () => {
    wake?.()
    wake = undefined
  }
  const resume = () => {
    if (paused && waiting.length === 0) {
      paused = false
      controller.resume()
    }
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = waiting.shift()
        resume()
        if (chunk) yield chunk
        else if (state === 'ended') return
        else if (state !== 'open') throw state
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      if (state === 'open') controller.abort(new Error('nobody reads on'))
    }
  }

  return {
    bytes: read(),
    push(chunk) {
      waiting.push(chunk)
      if (waiting.length >= most && !paused) {
        paused = true
        controller.pause()
      }
      signal()
    },
    end() {
      state = 'ended'
      signal()
    },
    fail(error) {
      state = error
      signal()
    },
  }
}
