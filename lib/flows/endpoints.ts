import type { Call } from '../core/http.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Bounds, Exchange, ExchangeOptions } from '../dialects/dialect.ts'
import type { Caller } from '../steps/authenticate.ts'
import type { Task } from '../steps/job.ts'
import { bodyText } from './body-text.ts'
import { complete } from './completion.ts'
import type { Handler } from './gateway.ts'
import { common } from './task.ts'

/** What is particular to one endpoint; the rest of its story is that of every paid request. */
export type Endpoint = Pick<Task, 'callType' | 'kind' | 'model'> & {
  body: JsonObject
  /** Streamed events, or bytes that pass as they come. */
  stream?: boolean
  boundsWith: (params: Record<string, Json>) => Bounds
  bind: (options: ExchangeOptions) => Promise<Exchange> | Exchange
}

/** A call of an endpoint as a task: served by rows that have its path. */
export const endpointTask = (call: Call, caller: Caller, endpoint: Endpoint): Task => {
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
export const served =
  (read: (text: string) => Endpoint | Promise<Endpoint>): Handler =>
  async (machine, call, caller, model) =>
    complete(machine, call, caller, endpointTask(call, caller, await read(bodyText(call, model))))

export const embeddings = served(async (text) => {
  const { boundsOf, embeddingsCall } = await import('../dialects/embeddings/call.ts')
  const { embeddingsExchange } = await import('../dialects/embeddings/index.ts')
  const read = embeddingsCall(text)
  return {
    callType: 'embeddings',
    kind: 'embeddings',
    model: read.model,
    body: read.body,
    boundsWith: () => boundsOf(read),
    bind: (options) => embeddingsExchange(read, options),
  }
})
