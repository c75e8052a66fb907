import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import type { Flags } from '../flags.ts'
import { tierWish } from '../service-tier.ts'
import { unsupported } from '../unsupported.ts'
import type { ModelTraits } from './models.ts'

/** Where a parameter goes: into the body, or into its `generationConfig`. */
type Place = { in: 'body' | 'generation'; as: string; value?: (value: Json) => Json }

/** Parameters that this tongue has, by the names that clients have for them. */
const places: Record<string, Place> = {
  frequency_penalty: { in: 'generation', as: 'frequencyPenalty' },
  presence_penalty: { in: 'generation', as: 'presencePenalty' },
  seed: { in: 'generation', as: 'seed' },
  n: { in: 'generation', as: 'candidateCount' },
  logprobs: { in: 'generation', as: 'responseLogprobs' },
  top_logprobs: { in: 'generation', as: 'logprobs' },
  modalities: { in: 'generation', as: 'responseModalities', value: modalities },
  image_config: { in: 'generation', as: 'imageConfig' },
  imageConfig: { in: 'generation', as: 'imageConfig' },
  media_resolution: { in: 'generation', as: 'mediaResolution' },
  mediaResolution: { in: 'generation', as: 'mediaResolution' },
  safety_settings: { in: 'body', as: 'safetySettings' },
  safetySettings: { in: 'body', as: 'safetySettings' },
}

/** As a default of a deployment only: what a client names here could cost more than it seems, or undo what is set. */
const operators: Record<string, Place> = {
  generationConfig: { in: 'body', as: 'generationConfig' },
  cached_content: { in: 'body', as: 'cachedContent' },
  speech_config: { in: 'generation', as: 'speechConfig' },
}

/** Do not change what is answered: left out, and named. All else that is not known is refused, or left out where that is wanted. */
const niceties = new Set(
  `logit_bias store metadata service_tier prediction verbosity moderation prompt_cache_key prompt_cache_options
   prompt_cache_retention cache_control`.split(/\s+/),
)
/** Sent to models that do not take them as well, whose refusal says it best; left out where that is wanted. */
const penalties = new Set(['frequency_penalty', 'presence_penalty'])
/** Read elsewhere. */
const elsewhere = new Set(['web_search_options'])
/** Of the chat tongue, without a meaning here: as a default of a deployment they are left out. */
const foreign = new Set([...niceties, ...'n audio functions function_call user metadata'.split(' ')])

/** What the tiers are called; where the wish is said differs by host (`Flags.serviceTier`), and one has no place for it. */
const tiers = { default: 'standard', flex: 'flex', priority: 'priority' }

export function printTier(
  rest: JsonObject,
  place: Flags['serviceTier'],
  dropped: string[],
): { body: JsonObject; headers: Record<string, string> } {
  const wish = tierWish(rest, place === undefined ? {} : tiers, dropped)
  if (wish === undefined || (place !== 'body' && wish === tiers.default)) return { body: {}, headers: {} }
  if (place === 'body') return { body: { serviceTier: wish }, headers: {} }
  return { body: {}, headers: { 'x-vertex-ai-llm-shared-request-type': wish } }
}

export type PrintedRest = { body: JsonObject; generation: JsonObject }

type Options = { traits: ModelTraits; dropParams: boolean; dropped: string[]; native: JsonObject }

/** What the client sent beyond the hub, and the deployment's defaults, in their places. Refused names are dropped, or thrown. */
export function printRest(rest: JsonObject, { traits, dropParams, dropped, native }: Options): PrintedRest {
  const printed: PrintedRest = { body: {}, generation: {} }
  for (const [name, value] of Object.entries(native)) {
    const place = places[name] ?? operators[name] ?? { in: 'body', as: name }
    if (!foreign.has(name) && !elsewhere.has(name)) put(printed, place, value)
  }
  for (const [name, value] of Object.entries(rest)) {
    const place = places[name]
    if (name === 'modalities' && dropParams && !areDrawn(value)) dropped.push(name)
    else if (penalties.has(name) && dropParams && !traits.penalties) dropped.push(name)
    else if (place) put(printed, place, value)
    else if (elsewhere.has(name)) continue
    else if (name === 'service_tier') continue
    else if (niceties.has(name) || dropParams) dropped.push(name)
    else throw unsupported(name, value)
  }
  return { body: printed.body, generation: { ...objectOf(printed.body.generationConfig), ...printed.generation } }
}

function put({ body, generation }: PrintedRest, place: Place, value: Json): void {
  const target = place.in === 'body' ? body : generation
  target[place.as] = place.value ? place.value(value) : value
}

const printable = new Set(['text', 'image'])

const wantedOf = (value: Json): string[] => listOf(value).map((one) => stringOf(one)?.toLowerCase() ?? '')

const areDrawn = (value: Json): boolean => wantedOf(value).every((one) => printable.has(one))

function modalities(value: Json): Json {
  if (!areDrawn(value)) throw unsupported('modalities', value)
  return wantedOf(value).map((one) => one.toUpperCase())
}
