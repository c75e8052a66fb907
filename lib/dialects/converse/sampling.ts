import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { printSampling as printFields } from '../anthropic/sampling.ts'
import type { Thinking } from '../anthropic/thinking.ts'
import type { Family } from './families.ts'

const older = { thinking: 'none', sampling: 'all', structured: false, forcing: true } as const

/** `inferenceConfig`, and what stands in the model's own fields instead. Both scales end at 1. */
export function printSampling(
  request: ChatRequest,
  { family, kind }: { family: Family; kind: Thinking['kind'] },
): { config: JsonObject; fields: JsonObject; dropped: string[] } {
  const traits = family.traits ?? { ...older, sampling: family.sampling ?? older.sampling }
  const { fields: given, dropped } = printFields(request, traits, kind)
  const { temperature, top_p: topP, top_k: topK, stop_sequences: stops } = given
  const config: JsonObject = {}
  if (temperature !== undefined) config.temperature = temperature
  if (topP !== undefined) config.topP = topP
  const wanted = Array.isArray(stops) ? stops : []
  const kept = wanted.slice(0, family.mostStops)
  if (kept.length > 0) config.stopSequences = kept
  const lost = kept.length < wanted.length ? ['stop'] : []
  if (topK === undefined) return { config, fields: {}, dropped: [...dropped, ...lost] }
  const fields: JsonObject =
    family.topK === 'top_k' ? { top_k: topK } : family.topK === 'inferenceConfig' ? { inferenceConfig: { topK } } : {}
  return { config, fields, dropped: [...dropped, ...lost, ...(family.topK === undefined ? ['top_k'] : [])] }
}
