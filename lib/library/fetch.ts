import type { Answer, Ask } from './in-process.ts'
import type { Pieces } from './pieces.ts'

/** What SDKs take as their `fetch`. */
export type Fetch = typeof globalThis.fetch

/**
 * The platform's `fetch`, answered here. Only path and query of the address count: a client made for a provider's own address keeps
 * it. Rejects as `fetch` does where the signal fires, never with a network's error.
 */
export function fetchThrough(ask: Ask, headersFor: (sent: Record<string, string>) => Record<string, string>): Fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { pathname, searchParams } = new URL(request.url)
    const answer = await ask({
      method: request.method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: headersFor(Object.fromEntries(request.headers)),
      body: new Uint8Array(await request.arrayBuffer()),
      signal: request.signal,
    })
    return responseOf(answer, request.method)
  }
}

const bodiless = (status: number) => status === 204 || status === 304

async function responseOf({ status, headers, body }: Answer, method: string): Promise<Response> {
  const isPieces = typeof body !== 'string' && !(body instanceof Uint8Array)
  if (method !== 'HEAD' && !bodiless(status)) return new Response(isPieces ? streamOf(body) : body, { status, headers })
  if (isPieces) await body.return?.()
  return new Response(null, { status, headers })
}

/** Nothing is read ahead: whoever does not read slows the provider down. */
const streamOf = (pieces: Pieces): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      async pull(controller) {
        const piece = await pieces.next()
        if (piece.done) controller.close()
        else controller.enqueue(piece.value)
      },
      cancel: async () => void (await pieces.return?.()),
    },
    { highWaterMark: 0 },
  )
