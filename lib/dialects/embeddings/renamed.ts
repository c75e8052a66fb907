import { type JsonObject, numberOf, objectOf } from '../../core/json.ts'
import {
  besides,
  effectiveBody,
  failureOf,
  given,
  type Look,
  notStreamed,
  passWhole,
  promptUsage,
  type Speaker,
} from '../endpoint.ts'
import { splice } from '../../wire/json-splice.ts'
import type { EmbeddingsCall } from './call.ts'
import { lookAt } from './look.ts'
import { encodingOf } from './vectors.ts'

// Hosts whose replies are OpenAI's, and whose requests differ in names.

type Rules = {
  /** What `dimensions` is called; absent: there is no such choice. */
  dimensions?: string
  /** What has to stand in the request where the client has not said it. */
  least?: JsonObject
}

const renamed =
  ({ dimensions, least = {} }: Rules): Speaker<EmbeddingsCall> =>
  (call, options) => {
    const body = effectiveBody(call.body, options)
    const unknown = dimensions === undefined ? ['dimensions'] : []
    const said = ['encoding_format', ...(dimensions === undefined ? [] : ['dimensions'])]
    const { rest, dropped } = besides(body, said, { unknown, dropParams: options.dropParams })
    const own = dimensions === undefined ? {} : given({ [dimensions]: body.dimensions })
    return {
      body: JSON.stringify({ ...least, ...rest, ...own }),
      dropped,
      headers: {},
      whole: (bytes) => passWhole(bytes, options, (json) => withTotal(json, call)),
      stream: notStreamed,
      failure: failureOf(options),
    }
  }

/** Some tell the total alone, which is the prompt's: clients that read their types strictly want both. */
function withTotal(json: JsonObject, call: EmbeddingsCall): ReturnType<Look> {
  const { prompt_tokens: prompt, total_tokens: total } = objectOf(json.usage)
  const usage = promptUsage(numberOf(prompt) ?? numberOf(total))
  const looked: ReturnType<Look> = { ...lookAt(json, encodingOf(call.body)), ...(usage && { seen: { usage } }) }
  if (!usage || prompt !== undefined) return looked
  const edit = (text: string) =>
    splice(looked.edit?.(text) ?? text, { set: { prompt_tokens: usage.prompt } }, ['usage'])
  return { ...looked, edit }
}

export const mistral = renamed({ dimensions: 'output_dimension' })
export const voyage = renamed({ dimensions: 'output_dimension' })
export const jina = renamed({ dimensions: 'dimensions' })
/** `input_type` is mandatory there; texts that are stored are the likelier. */
export const nvidia = renamed({ least: { input_type: 'passage' } })
