import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { freshStore } from '../support/store.ts'
import { type Home, home, type Server, startServer } from '../whole/server.ts'

/** An attempt as the provider saw it: when, and of which environment (each has a key of its own). */
export type Seen = { at: number; of: string }

/** A deployment that is there or is not: then it takes connections and breaks them. */
export async function startFickle() {
  const seen: Seen[] = []
  let up = true
  const server = createServer((request, response) => {
    seen.push({ at: Date.now(), of: String(request.headers.authorization).replace('Bearer ', '') })
    if (!up) return void request.socket.destroy()
    request.resume().on('end', () => {
      const choices = [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }]
      const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    seen,
    /** From now on; returns now. */
    turn(on: boolean): number {
      up = on
      return Date.now()
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** As many servers as `size`, each a process with a data directory of its own, before one table. */
export async function startFleet(size: number, urls: { preferred: string; spare: string }) {
  const store = await freshStore()
  const homes: Home[] = []
  const servers: Server[] = []
  const prices = { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6, max_tokens: 100 }
  const entry = (url: string, weight: number) => ({
    name: 'pair',
    params: {
      model: `openai/w${weight}`,
      api_base: `${url}/v1`,
      api_key: 'os.environ/ENVIRONMENT_KEY',
      weight,
      ...prices,
    },
  })
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()))
    await Promise.all(homes.map((at) => at.remove()))
    await store.stop()
  }
  try {
    // A few at a time: twenty that start at once are a test of this machine.
    for (let from = 0; from < size; from += 4) {
      const batch = Array.from({ length: Math.min(4, size - from) }, async (_, n) => {
        const at = home([entry(urls.preferred, 1), entry(urls.spare, 0)])
        homes.push(at)
        const env = {
          AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
          PURSER_TABLE: store.table,
          ENVIRONMENT_KEY: `env-${from + n}`,
        }
        servers.push(await startServer(at, env))
      })
      await Promise.all(batch)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { servers, stop }
}

/** One request a second at each server, until `over`; every status there was. */
export async function traffic(servers: readonly Server[], over: AbortSignal): Promise<number[]> {
  const statuses: number[] = []
  const client = async (server: Server, n: number) => {
    await sleep((n * 1000) / servers.length)
    while (!over.aborted) {
      const next = sleep(1000)
      const body = { model: 'pair', messages: [{ role: 'user', content: 'Yes?' }], max_tokens: 10 }
      statuses.push((await server.call('/v1/chat/completions', body)).status)
      await next
    }
  }
  await Promise.all(servers.map(client))
  return statuses
}
