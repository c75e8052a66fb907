import type { JsonObject } from '../../lib/core/json.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { home, type Server, startServer } from '../whole/server.ts'

/**
 * Kinds of providers, by the prefix of a model: the row that speaks for them, and what a script has to add. `chat` is a host of
 * nothing but chat completions as they once were.
 */
const providers = {
  openai: { row: 'openai', more: '' },
  chat: { row: 'friendliai', more: ',only=chat,old=1' },
  anthropic: { row: 'anthropic', more: '' },
  gemini: { row: 'gemini', more: ',as=gemini-3-flash' },
} as const
export type Host = keyof typeof providers
export const hosts = Object.keys(providers) as Host[]

const prices = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 }

/** A server whose models are `HOST:SCRIPT`: each host plays each script of test/support/upstream.ts. */
export async function startClients(scripts: readonly string[], more: JsonObject = {}) {
  const upstream: ScriptedUpstream = await startUpstream()
  const at = home(
    hosts.flatMap((host) =>
      scripts.map((script) => ({
        name: `${host}:${script}`,
        params: {
          model: `${providers[host].row}/${script}${providers[host].more}`,
          api_base: upstream.url,
          api_key: 'sk-up',
          ...prices,
        },
      })),
    ),
    { litellm_settings: { num_retries: 0 }, ...more },
  )
  const server: Server = await startServer(at)
  return {
    upstream,
    server,
    async stop() {
      await server.stop()
      await at.remove()
      await upstream.stop()
    },
  }
}

export type Clients = Awaited<ReturnType<typeof startClients>>
