import type { JsonObject } from '../../core/json.ts'
import type { ExchangeOptions } from '../dialect.ts'
import { drop, leaveOut, type Patch } from './pass-patch.ts'

/** `o_series/o3` and `ft/gpt-5`: what stands before the last slash does not tell the model. */
export const bareName = (upstreamModel: string): string => upstreamModel.slice(upstreamModel.lastIndexOf('/') + 1)

/** Reasoning models of OpenAI refuse `max_tokens`; many other hosts know nothing else. */
export const needsCompletionTokens = /^(?:o\d|gpt-(?:[5-9]|\d\d))/

/**
 * One output cap under the name that the host knows: the one we were told to send, or the client's (its newer name wins, and
 * both win over the deployment's default). The other name never travels: hosts disagree on which of two wins.
 */
export function capOutput(patch: Patch, body: JsonObject, options: ExchangeOptions): void {
  const own = body.max_completion_tokens ?? body.max_tokens
  const cap = options.outputCap ?? own ?? patch.effective.max_completion_tokens ?? patch.effective.max_tokens
  if (cap === undefined || cap === null) return
  const field = capField(patch.effective, options)
  const other = field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  if (body[field] === cap) delete patch.set[field]
  else patch.set[field] = cap
  leaveOut(patch, other)
}

function capField(effective: JsonObject, { flags, upstreamModel }: ExchangeOptions) {
  const { maxTokensField } = flags
  if (maxTokensField !== undefined && maxTokensField !== 'byModel') return maxTokensField
  const model = bareName(upstreamModel)
  const needed = maxTokensField === 'byModel' && needsCompletionTokens.test(model)
  // A deployment's own name need not tell its model: who asked by the newer name knew that it is understood.
  return needed || effective.max_completion_tokens !== undefined ? 'max_completion_tokens' : 'max_tokens'
}

/** OpenAI's reasoning models, and those among them that take sampling parameters while they do not reason (its model pages). */
export const reasoning = /^(?:o[134](?:-|$)|gpt-5(?!.*chat))/
const mayNotReason = /^gpt-5\.[1-9]/

/** What they answer with 400 `unsupported_parameter` or `unsupported_value`; a temperature of 1 is accepted. */
const samplingParams = [
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'logprobs',
  'top_logprobs',
  'logit_bias',
]

/**
 * Drops and names the sampling parameters that the model refuses, where the client or the deployment wants unsupported
 * parameters dropped. Else they travel, and the provider answers for itself: its rules change with each model.
 */
export function dropSampling(patch: Patch, { flags, upstreamModel, dropParams }: ExchangeOptions): void {
  const model = bareName(upstreamModel)
  if (!dropParams || flags.maxTokensField !== 'byModel' || !reasoning.test(model)) return
  if (mayNotReason.test(model) && patch.effective.reasoning_effort === 'none') return
  for (const name of samplingParams) {
    const value = patch.effective[name]
    if (value === undefined || patch.remove.has(name) || (name === 'temperature' && value === 1)) continue
    drop(patch, name)
  }
}
