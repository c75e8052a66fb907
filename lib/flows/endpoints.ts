import type { Config } from '../core/config.ts'
import type { Call } from '../core/http.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Bounds, Exchange, ExchangeOptions } from '../dialects/dialect.ts'
import type { FormInput } from '../dialects/form.ts'
import type { ImagesCall } from '../dialects/images/call.ts'
import type { Caller } from '../steps/authenticate.ts'
import { providerOf } from '../providers/rows.ts'
import type { Task } from '../steps/task.ts'
import { groupOf, resolveAlias } from '../steps/models.ts'
import { bodyText, refuseEncoded } from './body-text.ts'
import { complete } from './completion.ts'
import type { Handler } from './route.ts'
import { common } from './task.ts'

/** What is particular to one endpoint; the rest of its story is that of every paid request. */
export type Endpoint = Pick<Task, 'callType' | 'kind' | 'model'> & {
  body: JsonObject
  /** Streamed events, or bytes that pass as they come. */
  stream?: boolean
  boundsWith: (params: Record<string, Json>, model?: string) => Bounds
  bind: (options: ExchangeOptions) => Promise<Exchange> | Exchange
}

/** A call of an endpoint as a task: served by rows that have its path. */
const endpointTask = (call: Call, caller: Caller, endpoint: Endpoint): Task => {
  const { body, bind, stream = false, ...rest } = endpoint
  return {
    ...common(call, caller, body),
    ...rest,
    clientDialect: 'openai',
    reasonedTools: false,
    stream,
    bind: async (_upstream, options) => bind(options),
  }
}

/** A handler of an endpoint that takes JSON: `read` may throw what is wrong with the body, naming the field. */
const served =
  (read: (text: string) => Endpoint | Promise<Endpoint>): Handler =>
  async (machine, call, caller, model) =>
    complete(machine, call, caller, endpointTask(call, caller, await read(bodyText(call, model))))

/** The same for one that takes a form, as it came. */
function servedForm(read: (form: FormInput) => Promise<Endpoint>): Handler {
  return async (machine, call, caller, model) => {
    refuseEncoded(call)
    const form = { bytes: call.body, contentType: call.headers['content-type'], model }
    return complete(machine, call, caller, endpointTask(call, caller, await read(form)))
  }
}

/** Most endpoints are called in the ledger what they are called everywhere else. */
const named = <Kind extends Task['callType'] & Task['kind']>(
  kind: Kind,
  { model, body }: Pick<Endpoint, 'model' | 'body'>,
): { callType: Kind; kind: Kind; model: string; body: JsonObject } => ({ callType: kind, kind, model, body })

export const embeddings = served(async (text) => {
  const { boundsOf, embeddingsCall } = await import('../dialects/embeddings/call.ts')
  const { embeddingsExchange } = await import('../dialects/embeddings/index.ts')
  const read = embeddingsCall(text)
  return {
    ...named('embeddings', read),
    boundsWith: () => boundsOf(read),
    bind: (options) => embeddingsExchange(read, options),
  }
})

export const images = served(async (text) => {
  const { boundsOf, imagesCall } = await import('../dialects/images/call.ts')
  return imageEndpoint('images', imagesCall(text), boundsOf)
})

export const imageEdits = servedForm(async (form) => {
  const { boundsOf, editsCall } = await import('../dialects/images/call.ts')
  return imageEndpoint('imageEdits', editsCall(form), boundsOf)
})

type ImageBounds = typeof import('../dialects/images/call.ts').boundsOf

const imageEndpoint = (kind: 'images' | 'imageEdits', read: ImagesCall, boundsOf: ImageBounds): Endpoint => ({
  callType: kind === 'images' ? 'images' : 'image_edits',
  kind,
  model: read.model,
  body: read.body,
  stream: read.stream,
  boundsWith: (params, model) => boundsOf(read, params, model),
  bind: async (options) => (await import('../dialects/images/index.ts')).imagesExchange(read, options),
})

export const speech = served(async (text) => {
  const { boundsOf, speechCall } = await import('../dialects/audio/speech-call.ts')
  const read = speechCall(text)
  return {
    ...named('speech', read),
    stream: true,
    boundsWith: (params) => boundsOf(read, params),
    bind: async (options) => (await import('../dialects/audio/speech.ts')).speechExchange(read, options),
  }
})

/** A recording, to be written down in its own language or in English. */
const heard = (kind: 'transcriptions' | 'translations'): Handler =>
  servedForm(async (form) => {
    const { boundsOf, transcriptionCall } = await import('../dialects/audio/transcription-call.ts')
    const read = transcriptionCall(form)
    return {
      ...named(kind, read),
      stream: read.stream,
      boundsWith: (_params, model) => boundsOf(read, model),
      bind: async (options) =>
        (await import('../dialects/audio/transcription.ts')).transcriptionExchange(read, options),
    }
  })

export const transcriptions = heard('transcriptions')
export const translations = heard('translations')

export const moderations = served(async (text) => {
  const { boundsOf, moderationsCall, moderationsExchange } = await import('../dialects/moderations/index.ts')
  const read = moderationsCall(text)
  return {
    ...named('moderations', read),
    boundsWith: () => boundsOf(read),
    bind: (options) => moderationsExchange(read, options),
  }
})

export const rerank = served(async (text) => {
  const { boundsOf, rerankCall } = await import('../dialects/rerank/call.ts')
  const read = rerankCall(text)
  return {
    ...named('rerank', read),
    boundsWith: () => boundsOf(read),
    bind: async (options) => (await import('../dialects/rerank/index.ts')).rerankExchange(read, options),
  }
})

/** At its own endpoint where all deployments of the model have it, else as a chat, unless no chat could do what is asked. */
export const completions: Handler = async (machine, call, caller, model) => {
  const { boundsOf, completionsCall, completionsExchange } = await import('../dialects/completions/index.ts')
  const read = completionsCall(bodyText(call, model))
  const { beyondChat } = await import('../dialects/completions/as-chat.ts')
  const has = withCompletions(machine.config, caller, read.model)
  const plain = has === 'all' || (has === 'some' && beyondChat(read) !== undefined)
  if (!plain) {
    const { completionsTask } = await import('./completions.ts')
    return complete(machine, call, caller, completionsTask(call, caller, read))
  }
  const task = endpointTask(call, caller, {
    ...named('completions', read),
    stream: read.stream,
    boundsWith: (params) => boundsOf(read, params),
    bind: (options) => completionsExchange(read, options),
  })
  return complete(machine, call, caller, task)
}

/** Who of the model's deployments can be asked for completions. A model that nobody has is told so later. */
function withCompletions(config: Config, caller: Caller, name: string): 'all' | 'some' | 'none' {
  const { deployments = [] } = groupOf(config, resolveAlias(config, caller, name)) ?? {}
  const having = deployments.filter(({ deployment, model }) => {
    const row = providerOf(deployment.provider)
    return row?.paths.completions !== undefined && !row.chatOnlyModels?.test(deployment.baseModel ?? model)
  })
  return having.length === deployments.length ? 'all' : having.length > 0 ? 'some' : 'none'
}
