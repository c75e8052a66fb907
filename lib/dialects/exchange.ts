import { lazily } from '../core/lazily.ts'
import type { ChatCall, ClientDialect, DialectName, Exchange, ExchangeOptions } from './dialect.ts'
import type { FetchedMedia } from './media.ts'
import type { ClientTongue, UpstreamTongue } from './tongue.ts'

type Bind = (call: ChatCall, options: ExchangeOptions) => Exchange

/** Where client and upstream speak the same dialect: the request is patched, the reply passes. Loaded when first needed. */
const passing: Partial<Record<ClientDialect, () => Promise<Bind>>> = {
  openai: lazily(async () => (await import('./openai/passthrough.ts')).passThrough),
  anthropic: lazily(async () => (await import('./anthropic/passthrough.ts')).passThrough),
  responses: lazily(async () => (await import('./responses/passthrough.ts')).passThrough),
}

/** The same for hosts that leave reasoning where no client looks for it. */
const thinking: Partial<Record<ClientDialect, () => Promise<Bind>>> = {
  openai: lazily(async () => (await import('./openai/pass-think.ts')).passThinking),
}

const clients: Partial<Record<ClientDialect, () => Promise<ClientTongue>>> = {
  openai: lazily(async () => (await import('./openai/index.ts')).openai),
  anthropic: lazily(async () => (await import('./anthropic/client.ts')).anthropicClient),
  responses: lazily(async () => (await import('./responses/client.ts')).responsesClient),
}

/** One more dialect of providers is one more folder and one more line here; a process loads those that its calls need. */
const upstreams: Partial<Record<DialectName, () => Promise<UpstreamTongue>>> = {
  openai: lazily(async () => (await import('./openai/upstream.ts')).openaiUpstream),
  anthropic: lazily(async () => (await import('./anthropic/index.ts')).anthropic),
  gemini: lazily(async () => (await import('./gemini/index.ts')).gemini),
  responses: lazily(async () => (await import('./responses/upstream.ts')).responsesUpstream),
  cohere: lazily(async () => (await import('./cohere/index.ts')).cohere),
  converse: lazily(async () => (await import('./converse/index.ts')).converse),
  ollama: lazily(async () => (await import('./ollama/index.ts')).ollama),
}

const translating = lazily(() => import('./translate.ts'))

export type Tongues = { client: ClientDialect; upstream: DialectName }

/** Binds a client's request to one deployment. Throws `unsupported_parameter` where the upstream cannot express it. */
export async function exchange(tongues: Tongues, call: ChatCall, options: ExchangeOptions): Promise<Exchange> {
  const bind = await bindOf(tongues, call, options)
  const { anthropicVersion: version, imageBytes } = options.flags
  const sent = version === undefined && !imageBytes ? call : await inBytes(tongues, call, options)
  if (version === undefined) return bind(sent, options)
  const inBody = (await import('./anthropic/envelope.ts')).enveloped(bind, version)
  if (!options.flags.invokeModel) return inBody(sent, options)
  return (await import('./converse/invoke.ts')).invoked(inBody)(sent, options)
}

/** A request that passes to a host which reads no addresses. */
async function inBytes({ client, upstream }: Tongues, call: ChatCall, options: ExchangeOptions): Promise<ChatCall> {
  if (client !== upstream || !options.fetchMedia) return call
  const { withBytes } =
    client === 'openai' ? await import('./openai/pass-media.ts') : await import('./anthropic/pass-media.ts')
  return withBytes(call, options.fetchMedia)
}

/** The rest of an answer is never passed: it must look like more of what another deployment began. */
async function bindOf({ client, upstream }: Tongues, call: ChatCall, options: ExchangeOptions): Promise<Bind> {
  const { flags, after } = options
  const pass = client === upstream && !after ? passing[client] : undefined
  const think = flags.reasoningResponse === undefined ? undefined : thinking[client]
  if (pass) return (think ?? pass)()
  const [load, loadUpstream] = [clients[client], upstreams[upstream]]
  if (!load || !loadUpstream) throw new Error(`no way from dialect ${client} to dialect ${upstream}`)
  const [{ translator }, tongue, theirs] = await Promise.all([translating(), load(), loadUpstream()])
  return translator(tongue, theirs, await mediaOf(call, { client: tongue, upstream: theirs }, options))
}

/** What the host must be sent the bytes of, fetched before anything is printed: printing waits for nothing. */
async function mediaOf(
  call: ChatCall,
  { client, upstream }: { client: ClientTongue; upstream: UpstreamTongue },
  options: ExchangeOptions,
): Promise<FetchedMedia | undefined> {
  const { needsBytes } = upstream
  if (!needsBytes || !options.fetchMedia) return undefined
  const { fetchMedia, mayHoldAddresses } = await import('./media.ts')
  if (!mayHoldAddresses(call.text)) return undefined
  const request = client.parseRequest(call.body)
  return fetchMedia(request, (block) => needsBytes(block, options), options.fetchMedia)
}
