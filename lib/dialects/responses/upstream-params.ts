import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf } from '../../core/json.ts'
import { unsupported } from '../unsupported.ts'

/** Parameters that the hub has no field for and this tongue knows by the same name. */
const own = new Set(
  `metadata service_tier prompt_cache_key prompt_cache_retention safety_identifier truncation store max_tool_calls
   text include context_management moderation`.split(/\s+/),
)

/** What is answered does not change without them in any way that could be missed. */
const niceties = new Set(
  `cache_control prompt_cache_options frequency_penalty presence_penalty seed logit_bias prediction`.split(/\s+/),
)

/** Those of `rest` that go upstream. Names of the others are added to `dropped`, or thrown. */
export function printRest(
  rest: JsonObject,
  { dropParams, dropped }: { dropParams: boolean; dropped: string[] },
): JsonObject {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(rest)) {
    if (own.has(name)) kept[name] = value
    else if (name === 'verbosity') kept.text = { ...objectOf(kept.text), verbosity: value }
    else if (name === 'web_search_options' || name === 'logprobs') continue
    else if (name === 'top_logprobs') kept.top_logprobs = value
    else if (niceties.has(name) || dropParams) dropped.push(name)
    else throw unsupported(name, value)
  }
  return kept
}

const likely = 'message.output_text.logprobs'

/** What the answer is to hold beyond its text, the seal of its reasoning among it. */
export function printInclude({ logprobs, top_logprobs: top, include }: JsonObject, seals: boolean): JsonObject {
  const tokens = logprobs === true || (numberOf(top) ?? 0) > 0 ? [likely] : []
  const wanted = [...listOf(include ?? null), ...(seals ? ['reasoning.encrypted_content'] : []), ...tokens]
  return wanted.length > 0 ? { include: [...new Set(wanted)] } : {}
}

/** The chat API's way to let a model search the web, as the tool that it is here. */
export const webSearchTool = ({ web_search_options: options }: JsonObject): JsonObject[] => {
  if (!isObject(options)) return []
  const { search_context_size: size, user_location: location } = options
  const place = objectOf(objectOf(location).approximate)
  return [
    {
      type: 'web_search',
      ...(size === undefined ? {} : { search_context_size: size }),
      ...(Object.keys(place).length === 0 ? {} : { user_location: { type: 'approximate', ...place } }),
    },
  ]
}

/** Default parameters of a deployment are written in the chat API's words, or in this tongue's own. */
export function nativeParams(params: Record<string, Json>): JsonObject {
  const native: JsonObject = {}
  for (const [name, value] of Object.entries(params)) {
    if (value === null) continue
    if (name === 'max_tokens' || name === 'max_completion_tokens') native.max_output_tokens = value
    else if (name === 'reasoning_effort') native.reasoning = { ...objectOf(native.reasoning), effort: value }
    else if (name === 'verbosity') native.text = { ...objectOf(native.text), verbosity: value }
    else if (!chatOnly.has(name)) native[name] = value
  }
  return native
}

/** Of the chat API, without a counterpart. */
const chatOnly = new Set('n stop seed frequency_penalty presence_penalty logit_bias stream_options'.split(' '))
