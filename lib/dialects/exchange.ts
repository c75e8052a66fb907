import type { ChatCall, ClientDialect, DialectName, Exchange, ExchangeOptions } from './dialect.ts'
import type { ClientTongue, UpstreamTongue } from './tongue.ts'

type Bind = (call: ChatCall, options: ExchangeOptions) => Exchange

/** Where client and upstream speak the same dialect: the request is patched, the reply passes. Loaded when first needed. */
const passing: Partial<Record<ClientDialect, () => Promise<Bind>>> = {
  openai: async () => (await import('./openai/passthrough.ts')).passThrough,
  anthropic: async () => (await import('./anthropic/passthrough.ts')).passThrough,
  responses: async () => (await import('./responses/passthrough.ts')).passThrough,
}

const clients: Partial<Record<ClientDialect, () => Promise<ClientTongue>>> = {
  openai: async () => (await import('./openai/index.ts')).openai,
  anthropic: async () => (await import('./anthropic/client.ts')).anthropicClient,
  responses: async () => (await import('./responses/client.ts')).responsesClient,
}

/** One more dialect of providers is one more folder and one more line here; a process loads those that its calls need. */
const upstreams: Partial<Record<DialectName, () => Promise<UpstreamTongue>>> = {
  openai: async () => (await import('./openai/upstream.ts')).openaiUpstream,
  anthropic: async () => (await import('./anthropic/index.ts')).anthropic,
  responses: async () => (await import('./responses/upstream.ts')).responsesUpstream,
}

export type Tongues = { client: ClientDialect; upstream: DialectName }

/** Binds a client's request to one deployment. Throws `unsupported_parameter` where the upstream cannot express it. */
export async function exchange(tongues: Tongues, call: ChatCall, options: ExchangeOptions): Promise<Exchange> {
  const bind = await bindOf(tongues)
  return bind(call, options)
}

async function bindOf({ client, upstream }: Tongues): Promise<Bind> {
  const pass = client === upstream ? passing[client] : undefined
  if (pass) return pass()
  const [load, loadUpstream] = [clients[client], upstreams[upstream]]
  if (!load || !loadUpstream) throw new Error(`no way from dialect ${client} to dialect ${upstream}`)
  const [{ translator }, tongue, theirs] = await Promise.all([import('./translate.ts'), load(), loadUpstream()])
  return translator(tongue, theirs)
}
