import type { JsonObject } from '../../core/json.ts'
import { unsupported } from '../unsupported.ts'

/** Parameters of the chat completions API that the hub has no field for: they mean here what they meant to the client. */
const own = new Set(
  `frequency_penalty presence_penalty seed logit_bias logprobs top_logprobs n modalities audio prediction service_tier store
   metadata prompt_cache_key prompt_cache_retention safety_identifier verbosity web_search_options`.split(/\s+/),
)

/** Of other tongues: what is answered does not change without them. */
const niceties = new Set(['cache_control', 'context_management', 'prompt_cache_options', 'truncation'])

/** OpenAI's alone: hosts of the API's older half refuse them, and what is answered does not change without them. Codex sends them. */
const newer = new Set(['prompt_cache_key', 'prompt_cache_retention', 'store'])

type Options = { dropParams: boolean; dropped: string[]; older: boolean }

/** Those of `rest` that go upstream. Names of the others are added to `dropped`, or thrown. */
export function printRest(rest: JsonObject, { dropParams, dropped, older }: Options): JsonObject {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(rest)) {
    if (older && name === 'service_tier' && value === 'default') continue
    if (older && newer.has(name)) dropped.push(name)
    else if (own.has(name)) kept[name] = value
    else if (niceties.has(name) || dropParams) dropped.push(name)
    else throw unsupported(name, value)
  }
  return kept
}
