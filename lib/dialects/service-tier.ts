import type { ChatPart } from '../core/chat.ts'
import { type Json, type JsonObject, objectOf, stringOf } from '../core/json.ts'

/** How a request asks to be served faster or cheaper than usual, or where: one name for it, and the parameter that says so. */
export type AskedTier = { name: string; param: string }

const usual = new Set(['auto', 'default', 'standard', 'standard_only', 'on_demand', 'global', 'not_available'])

/** Whether a name says what happens anyway. */
export const isUsualTier = (name: string): boolean => usual.has(name)

/** OpenAI renamed priority processing to fast mode in July 2026; requests and replies say either ("Fast mode"). */
const renamed: Record<string, string> = { fast: 'priority' }

/**
 * One tier under one name, however it is written: `priority`, `{"type":"priority"}` (Bedrock), `SERVICE_TIER_PRIORITY` (Gemini),
 * `ON_DEMAND_PRIORITY` (Vertex's `trafficType`).
 */
export function tierNamed(value: Json | undefined): string | undefined {
  const text = stringOf(value) ?? stringOf(objectOf(value).type)
  const name = text?.toLowerCase().replace(/^(?:service_tier|on_demand)_/, '')
  return name === undefined || name === '' ? undefined : Object.hasOwn(renamed, name) ? renamed[name] : name
}

/** The tier that a reply names, in whichever of its pieces it does. */
export function tierPart({ service_tier: named }: JsonObject): ChatPart[] {
  const tier = tierNamed(named)
  if (tier === undefined) return []
  return [{ type: 'tier', tier: tier === 'standard' || tier === 'on_demand' ? 'default' : tier }]
}

/**
 * The wish for a tier in a provider's words; undefined where it has none for it. What happens anyway need not be said where
 * there is no word for it.
 */
export function tierWish(
  rest: JsonObject,
  words: Readonly<Record<string, string>>,
  dropped: string[],
): string | undefined {
  const wanted = tierNamed(rest.service_tier)
  if (wanted === undefined) return undefined
  const word = Object.hasOwn(words, wanted) ? words[wanted] : undefined
  if (word === undefined && !usual.has(wanted)) dropped.push('service_tier')
  return word
}

const openAiTiers = new Set(['auto', 'default', 'flex', 'priority', 'scale'])

/** For OpenAI's clients, whose types have no other names. */
export const printTier = ({ tier }: ChatPart & { type: 'tier' }): JsonObject =>
  openAiTiers.has(tier) ? { service_tier: tier } : {}

/** Anthropic's two multipliers, which also multiply each other: `fast`, `us`, `fast us`. Undefined where neither is said. */
export function pacedAt({ speed, inference_geo: geo }: JsonObject): string | undefined {
  const said = [speed, geo].flatMap((value) => stringOf(value)?.toLowerCase() || [])
  return said.filter((name) => !usual.has(name)).join(' ') || said.at(-1)
}

/** What a request asks for in any of the places that providers have for it; what is unusual goes before what is not. */
export function askedTier(body: JsonObject): AskedTier | undefined {
  const found: AskedTier[] = []
  const note = (param: string, name: string | undefined) => {
    if (name !== undefined) found.push({ param, name })
  }
  note('service_tier', tierNamed(body.service_tier))
  note('serviceTier', tierNamed(body.serviceTier))
  const latency = stringOf(objectOf(body.performanceConfig).latency)
  note('performanceConfig', latency === 'standard' ? undefined : latency)
  note(isUnusual(body.speed) ? 'speed' : 'inference_geo', pacedAt(body))
  return found.find(({ name }) => !usual.has(name)) ?? found.at(-1)
}

const isUnusual = (value: Json | undefined): boolean => !usual.has(stringOf(value)?.toLowerCase() ?? 'default')
