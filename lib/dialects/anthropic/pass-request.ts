import { GatewayError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import type { ChatCall, ExchangeOptions } from '../dialect.ts'
import { drop, leaveOut, type Patch, startPatch } from '../openai/pass-patch.ts'
import { asksProviderToFallBack } from './fallbacks.ts'
import { minimumBudget, traitsOf } from './models.ts'
import { unsignedLoop, withoutForeignThinking } from './pass-thinking.ts'
import { isForeign } from './params.ts'
import { printThinking } from './thinking.ts'
import { refuseThread } from './threads.ts'

/**
 * The messages request for a host of the same dialect: the client's text, edited where it must be and nowhere else.
 * Throws `unsupported_parameter` for one the host refuses, unless those are to be dropped.
 */
export function messagesRequestText(call: ChatCall, options: ExchangeOptions): { body: string; dropped: string[] } {
  const { body, text } = call
  if (!options.flags.threads) refuseThread(body)
  const patch = startPatch(body, { ...options, params: ownDefaults(body, options) })
  if (options.flags.modelInPath) leaveOut(patch, 'model')
  if (asksProviderToFallBack(call)) {
    // Clouds that serve this API in an envelope of their own do not have it.
    if (options.flags.anthropicVersion === undefined) patch.remove.delete('fallbacks')
    else patch.dropped.add('fallbacks')
  }
  capOutput(patch, body, options)
  refuse(patch, options)
  dropSampling(patch, options)
  metadata(patch, body)
  const messages = withoutForeignThinking(text, body, options.flags.unsignedThinking === true)
  const { type } = objectOf(patch.effective.thinking)
  if (messages !== text && type === 'enabled' && unsignedLoop(messages)) drop(patch, 'thinking')
  return finish(messages, patch, options)
}

/** The deployment's default parameters in this tongue: they may be written in OpenAI's names. */
function ownDefaults(
  body: JsonObject,
  { params, upstreamModel, baseModel, maxOutputTokens }: ExchangeOptions,
): JsonObject {
  const defaults: JsonObject = {}
  for (const [name, value] of Object.entries(params)) if (!isForeign(name)) defaults[name] = value
  const { stop, reasoning_effort: effort } = params
  if (stop !== undefined && stop !== null) defaults.stop_sequences ??= Array.isArray(stop) ? stop : [stop]
  if (
    typeof effort === 'string' &&
    effort !== 'none' &&
    body.thinking === undefined &&
    body.output_config === undefined
  ) {
    const request = { messages: [], tools: [], reasoning: { effort }, stream: false, includeUsage: true, rest: {} }
    const maxTokens = numberOf(body.max_tokens) ?? maxOutputTokens
    const { fields, effort: level } = printThinking({
      request,
      traits: traitsOf(baseModel ?? upstreamModel),
      maxTokens,
    })
    Object.assign(defaults, fields, level === undefined ? {} : { output_config: { effort: level } })
  }
  return defaults
}

/** The cap that was paid for. A budget to think with is part of it and must be smaller: it shrinks along, or goes. */
function capOutput(patch: Patch, body: JsonObject, { outputCap }: ExchangeOptions): void {
  if (outputCap === undefined) return
  if (body.max_tokens !== outputCap) patch.set.max_tokens = outputCap
  const thinking = objectOf(patch.effective.thinking)
  const budget = numberOf(thinking.budget_tokens)
  if (budget === undefined || budget < outputCap) return
  const smaller = Math.floor(outputCap / 2)
  if (smaller < minimumBudget) drop(patch, 'thinking')
  else patch.set.thinking = { ...thinking, budget_tokens: smaller }
}

function refuse(patch: Patch, { flags, additionalDropParams, dropParams, upstreamModel }: ExchangeOptions): void {
  for (const name of [...additionalDropParams, ...(flags.refusedParams ?? [])]) {
    if (patch.effective[name] === undefined || patch.remove.has(name)) continue
    if (!dropParams && !additionalDropParams.includes(name)) {
      const message = `'${name}' is not supported by model '${upstreamModel}'; leave it out, or let the gateway drop it with drop_params: true.`
      throw new GatewayError('unsupported_parameter', { message, param: name })
    }
    drop(patch, name)
  }
}

/** Newer models answer 400 to these; where unsupported parameters are to be dropped, they are. */
function dropSampling(patch: Patch, { dropParams, upstreamModel, baseModel }: ExchangeOptions): void {
  if (!dropParams || traitsOf(baseModel ?? upstreamModel).sampling !== 'none') return
  for (const name of ['temperature', 'top_p', 'top_k'])
    if (patch.effective[name] !== undefined && !patch.remove.has(name)) drop(patch, name)
}

/** The API knows `user_id` alone there and refuses others; LiteLLM's clients put tags for the gateway beside it. */
function metadata(patch: Patch, { metadata: given }: JsonObject): void {
  if (!isObject(given) || Object.keys(given).every((name) => name === 'user_id')) return
  const id = stringOf(given.user_id)
  if (id === undefined) leaveOut(patch, 'metadata')
  else patch.set.metadata = { user_id: id }
}

/** Nested names of `additional_drop_params` (`a.b`) are dropped here. */
function finish(
  text: string,
  patch: Patch,
  { additionalDropParams }: ExchangeOptions,
): { body: string; dropped: string[] } {
  let body = text
  for (const path of additionalDropParams.filter((name) => name.includes('.'))) {
    const steps = path.split('.')
    const before = body
    body = splice(body, { remove: steps.slice(-1) }, steps.slice(0, -1))
    if (body !== before) patch.dropped.add(path)
  }
  const remove = [...patch.remove].filter((name) => !(name in patch.set))
  return { body: splice(body, { set: patch.set satisfies Record<string, Json>, remove }), dropped: [...patch.dropped] }
}
