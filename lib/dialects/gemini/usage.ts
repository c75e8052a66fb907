import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

/**
 * Reads the counts of one reply as they come: every chunk has them, cumulative, and later ones may leave some out. The last
 * is what is billed: the first may say a token too many of the prompt. Google
 * counts the prompt with what was read from the cache but without results of its own tools, and the answer without
 * thoughts: they are added up here. Undefined until something was counted (Vertex begins with a `trafficType` alone).
 */
export function usageReader(): (reported: Json | undefined) => Usage | undefined {
  const counts: Record<string, number> = {}
  const note = (name: string, value: Json | undefined) => {
    const count = Math.floor(numberOf(value) ?? -1)
    if (count > 0) counts[name] = count
    else if (count === 0) counts[name] ??= 0
  }
  return (reported) => {
    if (!isObject(reported)) return undefined
    if (addsUp(reported, counts)) for (const name of summands) delete counts[name]
    for (const [name, value] of Object.entries(reported)) {
      note(name, value)
      for (const detail of listOf(value).map(objectOf)) noteModality(name, detail, note)
    }
    return Object.keys(counts).length === 0 ? undefined : usageOf(counts)
  }
}

/**
 * Whether a report is whole in itself: what it says adds up to its own total, and that is no less than any before. Nothing that
 * an earlier one said is left out of it then: with tools of its own, Google counts thoughts of earlier rounds as prompt of the
 * last one, and says them no more. (What came from the cache is in no total.)
 */
function addsUp(reported: JsonObject, counts: Readonly<Record<string, number>>): boolean {
  const total = numberOf(reported.totalTokenCount) ?? 0
  const sum = summands.reduce((all, name) => all + (numberOf(reported[name]) ?? 0), 0)
  return total > 0 && total === sum && total >= (counts.totalTokenCount ?? 0)
}

const summands = ['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount', 'toolUsePromptTokenCount'] as const

/** `promptTokensDetails: [{modality: "AUDIO", tokenCount: 9}]` counts as `promptTokensDetails.AUDIO`. */
function noteModality(name: string, detail: JsonObject, note: (name: string, value: Json | undefined) => void): void {
  const modality = stringOf(detail.modality)
  if (modality !== undefined) note(`${name}.${modality}`, detail.tokenCount)
}

function usageOf(counts: Record<string, number>): Usage {
  const count = (name: string) => counts[name] ?? 0
  const thoughts = count('thoughtsTokenCount')
  const usage: Usage = {
    prompt: count('promptTokenCount') + count('toolUsePromptTokenCount'),
    completion: count('candidatesTokenCount') + thoughts,
    cached: count('cachedContentTokenCount'),
    reasoning: thoughts,
  }
  const pictures = { in: count('promptTokensDetails.IMAGE'), out: count('candidatesTokensDetails.IMAGE') }
  if (pictures.in > 0) usage.imageInput = pictures.in
  if (pictures.out > 0) usage.imageOutput = pictures.out
  const audioInput = count('promptTokensDetails.AUDIO') + count('toolUsePromptTokensDetails.AUDIO')
  const audioOutput = count('candidatesTokensDetails.AUDIO')
  if (audioInput > 0) usage.audioInput = audioInput
  if (audioOutput > 0) usage.audioOutput = audioOutput
  return usage
}
