import { type JsonObject, objectOf } from '../../core/json.ts'
import { tierWish } from '../service-tier.ts'
import { unsupported } from '../unsupported.ts'

/** Members of `options`: Ollama's own (its Modelfile reference), and OpenAI's that it knows. */
const inOptions = new Set(
  `num_ctx num_keep num_batch num_gpu main_gpu num_thread num_predict use_mmap use_mlock numa low_vram repeat_last_n
   repeat_penalty mirostat mirostat_eta mirostat_tau tfs_z typical_p min_p penalize_newline
   seed frequency_penalty presence_penalty`.split(/\s+/),
)
const atTop = new Set('keep_alive think truncate shift logprobs top_logprobs'.split(' '))

/** Not to be had; what is answered does not change without them. */
const niceties = new Set(
  `logit_bias store metadata prediction verbosity prompt_cache_key prompt_cache_options prompt_cache_retention
   cache_control context_management truncation moderation`.split(/\s+/),
)

/** Where each parameter goes. Names of those that go nowhere are added to `dropped`, or thrown: they would be missed. */
export function sortParams(
  params: JsonObject,
  { dropParams, dropped }: { dropParams: boolean; dropped: string[] },
): { top: JsonObject; options: JsonObject } {
  const top: JsonObject = {}
  const options: JsonObject = { ...objectOf(params.options) }
  for (const [name, value] of Object.entries(params)) {
    if (inOptions.has(name)) options[name] = value
    else if (atTop.has(name)) top[name] = value
    else if (name === 'options') continue
    else if (name === 'service_tier') tierWish({ service_tier: value }, {}, dropped)
    else if (niceties.has(name) || dropParams) dropped.push(name)
    else throw unsupported(name, value)
  }
  return { top, options }
}
