import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ModelTraits } from './models.ts'
import type { Thinking } from './thinking.ts'

/** `temperature`, `top_p`, `top_k` and `stop_sequences`; what the model refuses is left out and named. */
export function printSampling(
  request: ChatRequest,
  traits: ModelTraits,
  thinking: Thinking['kind'],
): { fields: JsonObject; dropped: string[] } {
  const fields: JsonObject = {}
  const dropped: string[] = []
  const none = traits.sampling === 'none' || thinking === 'budget'
  const { temperature, topP, topK, stop } = request
  const put = (name: string, value: number | undefined, refused: boolean) => {
    if (value === undefined) return
    if (refused) dropped.push(name)
    else fields[name] = value
  }
  // OpenAI's scale ends at 2, this one at 1: hotter is not to be had.
  put('temperature', temperature === undefined ? undefined : Math.min(temperature, 1), none)
  put('top_p', topP, none || (traits.sampling === 'one' && temperature !== undefined))
  put('top_k', topK, none)
  const sequences = stop?.filter((sequence) => /\S/.test(sequence)) ?? []
  if (sequences.length > 0) fields.stop_sequences = sequences
  if (stop?.some((sequence) => sequence !== '' && !/\S/.test(sequence))) dropped.push('stop')
  return { fields, dropped }
}
