import type { Flags } from '../dialects/flags.ts'
import type { Auth } from './auth.ts'
import type { Endpoint, Provider } from './provider.ts'
import type { OtherSpeech } from './speech.ts'

/** Hosts that imitate the older half of OpenAI's API: nearly all. */
export const hostFlags: Flags = { maxTokensField: 'max_tokens', developerRole: false, streamUsage: true }

/** OpenAI's paths, behind a base URL that ends with the version. */
const openaiPaths = {
  chat: '/chat/completions',
  completions: '/completions',
  embeddings: '/embeddings',
  images: '/images/generations',
  imageEdits: '/images/edits',
  speech: '/audio/speech',
  transcriptions: '/audio/transcriptions',
  translations: '/audio/translations',
  moderations: '/moderations',
  rerank: '/rerank',
} as const satisfies Record<Endpoint, string>

/** Endpoints that are where OpenAI has them; those that are elsewhere come second. */
export function at(endpoints: string, elsewhere: Provider['paths'] = {}): Provider['paths'] {
  const named = Object.entries(openaiPaths).filter(([name]) => endpoints.split(' ').includes(name))
  return { ...Object.fromEntries(named), ...elsewhere }
}

/**
 * A host of OpenAI's chat completions, with a bearer key: what a row does not say is as most have it. Its key is in
 * `PREFIX_API_KEY`, and a base of one's own in `PREFIX_API_BASE`, as LiteLLM has it. Flags add to those of most.
 */
export function host(row: Pick<Provider, 'id' | 'name'> & Partial<Provider>): Provider {
  const prefix = row.id.toUpperCase().replaceAll(/\W/g, '_')
  return {
    dialect: 'openai',
    keyNames: [`${prefix}_API_KEY`],
    baseName: `${prefix}_API_BASE`,
    auth: { scheme: 'bearer' },
    envelope: 'plain',
    paths: at('chat'),
    telemetryName: prefix.toLowerCase(),
    ...row,
    flags: { ...hostFlags, ...row.flags },
  }
}

/** Anthropic's messages beside the row's own dialect, for clients that speak them. */
export const messagesAt = (path: string, auth?: Auth): OtherSpeech => ({
  dialect: 'anthropic',
  path,
  flags: {},
  when: 'client',
  ...(auth && { auth }),
})

/** OpenAI's responses beside the row's own dialect, for clients that speak them. */
export const responsesAt = (path = '/responses'): OtherSpeech => ({
  dialect: 'responses',
  path,
  flags: { developerRole: true, streamUsage: true },
  when: 'client',
})

/** Chat completions with other flags, for models of one kind. */
export const modelsWith = (models: RegExp, flags: Flags, path: string = openaiPaths.chat): OtherSpeech => ({
  dialect: 'openai',
  path,
  flags: { ...hostFlags, ...flags },
  models,
  when: 'always',
})

/** A workspace can have its answers made in the US alone, at a tenth more ("Data residency", `default_inference_geo`). */
export const usWorkspace = { us: ['global'] }

/** Models of Anthropic's that advise others, or answer what others decline ("Advisor tool", "Refusals and fallback"). */
export const advisors = /^claude-(?:fable|mythos|opus|sonnet|haiku)-(?:4-[5-9]|[5-9])/
