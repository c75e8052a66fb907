import { GatewayError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import type { ChatCall, ExchangeOptions } from '../dialect.ts'
import { foreignParams, newerHints, withoutForeignFields } from './pass-foreign.ts'
import { adaptToHost } from './pass-host.ts'
import { capOutput, dropSampling } from './pass-models.ts'
import { drop, leaveOut, type Patch, type RequestOptions, startPatch } from './pass-patch.ts'

export type SentRequest = { body: string; dropped: string[] }

/**
 * The chat request for a host of the same dialect: the client's text, edited where it must be and nowhere else.
 * Throws `unsupported_parameter` for one the host refuses, unless those are to be dropped.
 */
export function chatRequestText(call: ChatCall, options: ExchangeOptions): SentRequest {
  const patch = startPatch(call.body, options)
  capOutput(patch, call.body, options)
  streamOptions(patch, call.stream, options.flags.streamUsage === true)
  if (Array.isArray(call.body.tools) && patch.effective.tools === undefined) withoutTools(patch)
  // Agents send it to every host. Those of the API's older half store nothing, and some refuse what they do not know.
  if (options.flags.developerRole === false && patch.effective.store === false) leaveOut(patch, 'store')
  refuse(patch, options)
  dropSampling(patch, options)
  const strict = options.flags.strictFields === true
  if (strict) withoutForeignParams(patch, options)
  const text = strict ? withoutForeignFields(call.text, call.body, options.flags) : call.text
  const roles = options.flags.developerRole === true ? text : systemRoles(text, listOf(call.body.messages))
  adaptToHost({ patch, call, text: roles }, options)
  return finish(metadata(roles, call.body, patch), patch, options)
}

/** What a strict host would refuse, though what is answered does not change without it. Named to the client. */
function withoutForeignParams(patch: Patch, { flags }: ExchangeOptions): void {
  const { reasoning, reasoning_effort: given } = patch.effective
  const { effort } = objectOf(reasoning)
  if (typeof effort === 'string' && given === undefined && flags.reasoningRequest === undefined) {
    // OpenRouter's clients have it so; it means the same.
    patch.set.reasoning_effort = effort
    leaveOut(patch, 'reasoning')
  }
  const foreign = foreignParams.filter((name) => name !== 'thinking' || flags.reasoningRequest === undefined)
  for (const name of [...foreign, ...(flags.developerRole === false ? newerHints : [])]) {
    if (patch.effective[name] !== undefined) drop(patch, name)
  }
}

/** The same for requests without messages (embeddings). */
export function plainRequestText(text: string, body: JsonObject, options: RequestOptions): SentRequest {
  const patch = startPatch(body, options)
  refuse(patch, options)
  return finish(text, patch, options)
}

/** Asks for the usage of every stream: money is counted by it. Not sent where it is refused: to some hosts, and without `stream`. */
function streamOptions(patch: Patch, stream: boolean, streamUsage: boolean): void {
  const given = patch.effective.stream_options
  if (!stream || !streamUsage) {
    leaveOut(patch, 'stream_options')
  } else if (!isObject(given)) patch.set.stream_options = { include_usage: true }
  else if (given.include_usage !== true) patch.set.stream_options = { ...given, include_usage: true }
}

/** With an empty list of tools gone, what only makes sense beside tools would be refused. */
function withoutTools(patch: Patch): void {
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    const value = patch.effective[name]
    if (isObject(value) || value === 'required') continue
    leaveOut(patch, name)
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
    drop(patch, name)
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
