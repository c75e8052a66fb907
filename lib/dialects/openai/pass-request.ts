import { GatewayError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject, listOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import type { ChatCall, ExchangeOptions } from '../dialect.ts'
import { isAbsent, withDefaults } from './pass-body.ts'
import { isPrivate } from './pass-private.ts'

export type RequestOptions = Pick<
  ExchangeOptions,
  'upstreamModel' | 'params' | 'flags' | 'dropParams' | 'additionalDropParams'
>

export type SentRequest = { body: string; dropped: string[] }

/** What is to change at the top of the body. A later `set` wins over an earlier `drop`, and the reverse. */
type Patch = { set: Record<string, Json>; remove: Set<string>; dropped: Set<string>; effective: JsonObject }

/**
 * The chat request for a host of the same dialect: the client's text, edited where it must be and nowhere else.
 * Throws `unsupported_parameter` for one the host refuses, unless those are to be dropped.
 */
export function chatRequestText(call: ChatCall, options: ExchangeOptions): SentRequest {
  const patch = startPatch(call.body, options)
  capOutput(patch, call.body, options)
  streamOptions(patch, call.stream, options.flags.streamUsage === true)
  if (Array.isArray(call.body.tools) && patch.effective.tools === undefined) withoutTools(patch)
  refuse(patch, options)
  const roles = options.flags.developerRole === true ? call.text : systemRoles(call.text, listOf(call.body.messages))
  return finish(metadata(roles, call.body, patch), patch, options)
}

/** The same for requests without messages (embeddings). */
export function plainRequestText(text: string, body: JsonObject, options: RequestOptions): SentRequest {
  const patch = startPatch(body, options)
  refuse(patch, options)
  return finish(text, patch, options)
}

function startPatch(body: JsonObject, options: RequestOptions): Patch {
  const effective = withDefaults(body, options.params)
  const patch: Patch = { set: {}, remove: new Set(), dropped: new Set(), effective }
  for (const [key, value] of Object.entries(body)) {
    if (isPrivate(key) || isAbsent(key, value)) patch.remove.add(key)
  }
  for (const [key, value] of Object.entries(effective)) {
    if (isPrivate(key)) delete effective[key]
    else if (body[key] !== value) patch.set[key] = value
  }
  if (body.model !== options.upstreamModel) patch.set.model = options.upstreamModel
  return patch
}

/** Reasoning models of OpenAI refuse `max_tokens`; many other hosts know nothing else. */
const needsCompletionTokens = /^(?:o\d|gpt-(?:[5-9]|\d\d))/

/**
 * One output cap under the name that the host knows: the one we were told to send, or the client's (its newer name wins, and
 * both win over the deployment's default). The other name never travels: hosts disagree on which of two wins.
 */
function capOutput(patch: Patch, body: JsonObject, options: ExchangeOptions): void {
  const own = body.max_completion_tokens ?? body.max_tokens
  const cap = options.outputCap ?? own ?? patch.effective.max_completion_tokens ?? patch.effective.max_tokens
  if (cap === undefined || cap === null) return
  const field = capField(patch.effective, options)
  const other = field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  if (body[field] === cap) delete patch.set[field]
  else patch.set[field] = cap
  delete patch.set[other]
  patch.remove.add(other)
}

function capField(effective: JsonObject, { flags, upstreamModel }: ExchangeOptions) {
  const { maxTokensField } = flags
  if (maxTokensField !== undefined && maxTokensField !== 'byModel') return maxTokensField
  const model = upstreamModel.slice(upstreamModel.lastIndexOf('/') + 1)
  const needed = maxTokensField === 'byModel' && needsCompletionTokens.test(model)
  // A deployment's own name need not tell its model: who asked by the newer name knew that it is understood.
  return needed || effective.max_completion_tokens !== undefined ? 'max_completion_tokens' : 'max_tokens'
}

/** Asks for the usage of every stream: money is counted by it. Not sent where it is refused: to some hosts, and without `stream`. */
function streamOptions(patch: Patch, stream: boolean, streamUsage: boolean): void {
  const given = patch.effective.stream_options
  if (!stream || !streamUsage) {
    delete patch.set.stream_options
    patch.remove.add('stream_options')
  } else if (!isObject(given)) patch.set.stream_options = { include_usage: true }
  else if (given.include_usage !== true) patch.set.stream_options = { ...given, include_usage: true }
}

/** With an empty list of tools gone, what only makes sense beside tools would be refused. */
function withoutTools(patch: Patch): void {
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    const value = patch.effective[name]
    if (isObject(value) || value === 'required') continue
    delete patch.set[name]
    patch.remove.add(name)
  }
}

function refuse(patch: Patch, options: RequestOptions): void {
  const refused = options.flags.refusedParams ?? []
  for (const name of [...options.additionalDropParams, ...refused]) {
    const value = patch.effective[name]
    if (value === undefined || patch.remove.has(name)) continue
    const silent = options.dropParams || options.additionalDropParams.includes(name) || (name === 'n' && value === 1)
    if (!silent) {
      const message = `'${name}' is not supported by model '${options.upstreamModel}'; leave it out, or let the gateway drop it with drop_params: true.`
      throw new GatewayError('unsupported_parameter', { message, param: name })
    }
    delete patch.set[name]
    patch.remove.add(name)
    patch.dropped.add(name)
  }
}

function systemRoles(text: string, messages: Json[]): string {
  let edited = text
  for (const [position, message] of messages.entries()) {
    if (!isObject(message) || message.role !== 'developer') continue
    edited = splice(edited, { set: { role: 'system' } }, ['messages', String(position)])
  }
  return edited
}

/**
 * `metadata` is OpenAI's (kept with a stored answer, texts only) and LiteLLM's (tags and such, for the gateway). It travels only
 * with `store: true`, without which OpenAI refuses it, and then without what is not OpenAI's.
 */
function metadata(text: string, body: JsonObject, patch: Patch): string {
  const given = body.metadata
  if (!isObject(given)) return text
  if (body.store !== true) {
    patch.remove.add('metadata')
    return text
  }
  const remove = Object.keys(given).filter((key) => key === 'tags' || typeof given[key] !== 'string')
  return splice(text, { remove }, ['metadata'])
}

/** Nested names of `additional_drop_params` (`a.b`) are dropped here. */
function finish(text: string, patch: Patch, options: RequestOptions): SentRequest {
  let body = text
  for (const path of options.additionalDropParams.filter((name) => name.includes('.'))) {
    const steps = path.split('.')
    const before = body
    body = splice(body, { remove: steps.slice(-1) }, steps.slice(0, -1))
    if (body !== before) patch.dropped.add(path)
  }
  const remove = [...patch.remove].filter((name) => !(name in patch.set))
  return { body: splice(body, { set: patch.set, remove }), dropped: [...patch.dropped] }
}
