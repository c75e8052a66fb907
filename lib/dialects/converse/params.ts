import { isObject, type JsonObject, objectOf } from '../../core/json.ts'
import { tierWish } from '../service-tier.ts'
import { unsupported } from '../unsupported.ts'

/** What clients may set besides the hub's fields, and what it is called there. */
const own: Record<string, string> = {
  guardrailConfig: 'guardrailConfig',
  guardrail_config: 'guardrailConfig',
  requestMetadata: 'requestMetadata',
  promptVariables: 'promptVariables',
}

/** Not to be had, or of no price that we know; what is answered does not change without them. */
const niceties = new Set(
  `seed frequency_penalty presence_penalty logit_bias store metadata service_tier serviceTier performanceConfig prediction verbosity
   prompt_cache_key prompt_cache_options prompt_cache_retention cache_control context_management moderation
   repetition_penalty min_p`.split(/\s+/),
)

/** Members of the API's body; everything else that an operator sets is for the model itself. */
const members = new Set(
  `guardrailConfig requestMetadata promptVariables serviceTier performanceConfig outputConfig
   additionalModelResponseFieldPaths`.split(/\s+/),
)

/**
 * Parameters of the client beyond the hub's. Others than these are refused, or dropped and named: fields of a model's own could
 * raise the cap that was paid for.
 */
export function printRest(
  rest: JsonObject,
  { dropParams, dropped }: { dropParams: boolean; dropped: string[] },
): JsonObject {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(rest)) {
    const ours = own[name]
    if (name === 'service_tier') continue
    if (ours !== undefined && isObject(value)) kept[ours] = value
    else if (niceties.has(name) || dropParams) dropped.push(name)
    else throw unsupported(name, value)
  }
  const tier = tierWish(rest, tiers, dropped)
  return tier === undefined ? kept : { ...kept, serviceTier: { type: tier } }
}

const tiers = { default: 'default', flex: 'flex', priority: 'priority', reserved: 'reserved' }

/** The deployment's own parameters: members of the body, and fields for the model in the place where the API has them. */
export function printNative(native: JsonObject): { body: JsonObject; fields: JsonObject } {
  const body: JsonObject = {}
  const fields: JsonObject = { ...objectOf(native.additionalModelRequestFields) }
  for (const [name, value] of Object.entries(native)) {
    if (name === 'additionalModelRequestFields') continue
    if (name in own || members.has(name)) body[own[name] ?? name] = value
    else if (!niceties.has(name)) fields[name] = value
  }
  return { body, fields }
}

/** How a guardrail looks at a stream is said only of streams. */
export function fitGuardrail(body: JsonObject, stream: boolean): void {
  if (stream || !isObject(body.guardrailConfig)) return
  const { streamProcessingMode: _mode, ...config } = body.guardrailConfig
  body.guardrailConfig = config
}
