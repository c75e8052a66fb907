import type { JsonObject } from '../../lib/core/json.ts'
import { type Client, clients, type Told, toldBy } from '../support/faults.ts'
import type { ScriptedUpstream, SeenRequest } from '../support/upstream.ts'
import { home, type Model, startServer } from '../whole/server.ts'

/** In which tongue the provider is spoken to. */
export type Host = 'openai' | 'anthropic'

/** US$1 per million tokens, both ways: a token costs 1000 nano-dollars. */
const prices = { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6, max_tokens: 4000 }
export const nanoDollarsPerToken = 1000

/** A model whose name is its script, at a scripted provider. */
export const modelOf = (url: string, host: Host, script: string, name = `${host} ${script}`): Model => ({
  name,
  params: {
    model: `${host}/${script}`,
    api_base: host === 'openai' ? `${url}/v1` : url,
    api_key: 'sk-upstream',
    ...prices,
  },
})

/** `npm start`'s program with these models, in a process of its own. */
export async function startGateway(models: Model[], settings: JsonObject, env: Record<string, string> = {}) {
  const at = home(models, settings)
  const server = await startServer(at, env)
  const stop = async () => {
    await server.stop('SIGTERM')
    await at.remove()
  }
  return { ...server, dataDir: at.dataDir, stop }
}

export type Gateway = Awaited<ReturnType<typeof startGateway>>

/** What a caller gets. `answer`: an end without an error, which says nothing of whether it is whole. */
export type Outcome = {
  kind: 'answer' | 'error' | 'hang'
  status: number
  headers: Record<string, string>
  text: string
  told: Told
  tookMs: number
}

export type Asking = { client: Client; key: string; model: string; body?: object; headers?: Record<string, string> }

const nothing: Told = { text: '', finish: undefined, ended: false, error: true, calls: [] }

/**
 * A call over a real socket, as a lenient client makes it: whatever ends without an error is an answer, even without its end
 * marker. `mostMs`: who has no answer by then has been left hanging.
 */
export async function ask(url: string, asking: Asking, mostMs: number): Promise<Outcome> {
  const { client, key, model, body = {}, headers = {} } = asking
  const startedAt = Date.now()
  const took = () => Date.now() - startedAt
  let status = 0
  let text = ''
  try {
    const response = await fetch(url + clients[client].path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        ...clients[client].body,
        model,
        messages: [{ role: 'user', content: 'Hello' }],
        ...body,
      }),
      signal: AbortSignal.timeout(mostMs),
    })
    status = response.status
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk as Uint8Array, { stream: true })
    const given = Object.fromEntries(response.headers)
    const told = toldBy(client, { status, headers: given, text, json: () => JSON.parse(text) as never })
    const kind = status === 200 && !told.error ? 'answer' : 'error'
    return { kind, status, headers: given, text, told, tookMs: took() }
  } catch (error) {
    const kind = error instanceof Error && error.name === 'TimeoutError' ? 'hang' : 'error'
    return { kind, status, headers: {}, text, told: nothing, tookMs: took() }
  }
}

/** What the provider saw of a script, in order. */
export const seenOf = ({ seen }: ScriptedUpstream, script: string): SeenRequest[] =>
  seen.filter(({ body }) => body.model === script)

/** What the provider bills for these at the least: what was refused is free. */
export const owedFor = (seen: readonly SeenRequest[]): number =>
  seen
    .filter(({ billable }) => billable)
    .reduce((sum, one) => sum + (one.promptTokens + one.completionTokens) * nanoDollarsPerToken, 0)
