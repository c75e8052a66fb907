import type { Handler, Route } from './route.ts'

type Handlers = typeof import('./endpoints.ts')

/** Loaded when first called: most processes serve chat alone. */
const plain =
  (pick: (handlers: Handlers) => Handler): Handler =>
  async (machine, call, caller, model) =>
    pick(await import('./endpoints.ts'))(machine, call, caller, model)

/** Under /v1 and bare, below OpenAI's prefix, and Azure's and LiteLLM's paths that name the model. */
const everywhere = (path: string, handle: Handler): Route[] => [
  { method: 'POST', path: new RegExp(`^(?:/openai)?(?:/v1)?/${path}$`), handle },
  { method: 'POST', path: new RegExp(`^(?:/openai/deployments|/engines)/([^/]+)/${path}$`), handle },
]

const plainPass: Handler = async (machine, call, caller) =>
  (await import('./passthrough-plain.ts')).passPlain(machine, call, caller)

const pass = (method: Route['method'], handle: Handler): Route => ({
  method,
  path: /^\/(?:anthropic|azure|bedrock|gemini|openai|vertex_ai)\/.+$/,
  handle,
  keyInQuery: true,
})

/** OpenAI's endpoints other than chat, and rerank as Cohere has it. */
export const endpointRoutes: Route[] = [
  ...everywhere(
    'embeddings',
    plain((all) => all.embeddings),
  ),
  ...everywhere(
    'images/generations',
    plain((all) => all.images),
  ),
  ...everywhere(
    'images/edits',
    plain((all) => all.imageEdits),
  ),
  ...everywhere(
    'audio/speech',
    plain((all) => all.speech),
  ),
  ...everywhere(
    'audio/transcriptions',
    plain((all) => all.transcriptions),
  ),
  ...everywhere(
    'audio/translations',
    plain((all) => all.translations),
  ),
  ...everywhere(
    'moderations',
    plain((all) => all.moderations),
  ),
  ...everywhere(
    'completions',
    plain((all) => all.completions),
  ),
  { method: 'POST', path: /^(?:\/v[12])?\/rerank$/, handle: plain((all) => all.rerank) },
]

/** Providers in their own words; their paths that are ours as well were found before. */
export const passRoutes: Route[] = [
  pass('POST', async (machine, call, caller) => (await import('./passthrough.ts')).passThrough(machine, call, caller)),
  pass('GET', plainPass),
  pass('DELETE', plainPass),
]
