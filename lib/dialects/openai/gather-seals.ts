import { type JsonObject, listOf, objectOf } from '../../core/json.ts'
import type { PartFilter } from '../tongue.ts'
import { reasoningDeltas } from './deltas.ts'

/** Told once per answer that made calls: the first of them, and the `reasoning_details` that stood with it. */
export type KeepSeals = (callId: string, details: JsonObject[]) => void

/** Gathers from an answer what its client will be asked to hand back; changes nothing. */
export function gatherSeals(keep: KeepSeals): PartFilter {
  const print = reasoningDeltas()
  const details: JsonObject[] = []
  let first: string | undefined
  return (part) => {
    if (part.type === 'reasoning' || part.type === 'signature' || part.type === 'redacted') {
      const printed = listOf(print(part)?.reasoning_details).map(objectOf)
      details.push(...printed.map(withoutIndex))
    }
    if (part.type === 'call') first ??= part.id
    if (part.type === 'finish' && first !== undefined) keep(first, details)
    return [part]
  }
}

/** Numbers are for streams alone. */
const withoutIndex = (detail: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(detail).filter(([name]) => name !== 'index'))
