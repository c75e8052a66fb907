import type { Deployment, Mode } from '../core/deployment.ts'
import type { UpstreamModel } from './model.ts'

/** `model_info.mode` values of endpoints that are served. */
const modes: Record<string, Mode> = {
  chat: 'chat',
  completion: 'chat',
  responses: 'chat',
  embedding: 'embedding',
  image_generation: 'image_generation',
  image_edit: 'image_generation',
  audio_speech: 'audio_speech',
  audio_transcription: 'audio_transcription',
  moderation: 'moderation',
  rerank: 'rerank',
}

/** What a provider without chat is for, by what it has. */
const byEndpoint = [
  ['embeddings', 'embedding'],
  ['images', 'image_generation'],
  ['speech', 'audio_speech'],
  ['transcriptions', 'audio_transcription'],
  ['rerank', 'rerank'],
] as const

/** `mode` of `model_info`, as it is written. */
type Asked = { mode?: string | undefined }

/** What an entry's model is for: as it says, else by what its provider has; undefined: nothing that is served. */
export function modeOf({ mode }: Asked, { model, provider }: UpstreamModel): Mode | undefined {
  if (mode !== undefined) return modes[mode]
  if (provider.paths.chat !== undefined) return /embed/i.test(model) ? 'embedding' : 'chat'
  return byEndpoint.find(([endpoint]) => provider.paths[endpoint] !== undefined)?.[1]
}

/** LiteLLM's two ways to ask for the responses API, for models that a provider serves by either. */
export function dialectOf({ dialect, provider }: UpstreamModel, { mode }: Asked): Pick<Deployment, 'dialect'> {
  if (dialect !== undefined) return { dialect }
  const asked = provider.also?.find((other) => other.dialect === mode)?.dialect
  return asked === undefined ? {} : { dialect: asked }
}
