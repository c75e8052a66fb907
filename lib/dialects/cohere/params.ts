import type { JsonObject } from '../../core/json.ts'
import { tierWish } from '../service-tier.ts'
import { unsupported } from '../unsupported.ts'

/** Same name and meaning there, or its own: documents to answer from, how to cite them, what is safe. */
const own = new Set(
  'seed frequency_penalty presence_penalty logprobs documents citation_options safety_mode priority'.split(' '),
)

/** Not to be had; what is answered does not change without them. */
const niceties = new Set(
  `logit_bias store metadata prediction verbosity prompt_cache_key prompt_cache_options prompt_cache_retention
   cache_control context_management truncation moderation`.split(/\s+/),
)

/** Those of `rest` that go upstream. Names of the others are added to `dropped`, or thrown: they would be missed. */
export function printRest(
  rest: JsonObject,
  { dropParams, dropped }: { dropParams: boolean; dropped: string[] },
): JsonObject {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(rest)) {
    if (own.has(name)) kept[name] = value
    else if (name === 'service_tier') tierWish({ service_tier: value }, {}, dropped)
    else if (niceties.has(name) || dropParams) dropped.push(name)
    else throw unsupported(name, value)
  }
  return kept
}
