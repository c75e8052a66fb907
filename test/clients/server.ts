import type { JsonObject } from '../../lib/core/json.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { home, type Server, startServer } from '../whole/server.ts'

/** Providers of each tongue that the scripted upstream speaks, by the prefix of a model. */
export const hosts = ['openai', 'anthropic'] as const
export type Host = (typeof hosts)[number]

const prices = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 }

/** A server whose models are `HOST:SCRIPT`: each host plays each script of test/support/upstream.ts. */
export async function startClients(scripts: readonly string[], more: JsonObject = {}) {
  const upstream: ScriptedUpstream = await startUpstream()
  const at = home(
    hosts.flatMap((host) =>
      scripts.map((script) => ({
        name: `${host}:${script}`,
        params: { model: `${host}/${script}`, api_base: upstream.url, api_key: 'sk-up', ...prices },
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
