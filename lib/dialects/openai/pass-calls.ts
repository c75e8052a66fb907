import { isObject, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'

/** Puts right the `index` of streamed calls in one chunk; gives the very text where they are right already. */
export type CallIndexer = (data: string, chunk: JsonObject) => string

/**
 * SDKs put deltas of calls together by `index`, and break where a host counts from 1, leaves it out, or gives several calls
 * the same. In each choice calls are counted from 0 here, in the order in which they began.
 */
export function callIndexer(): CallIndexer {
  const byChoice = new Map<number, Slots>()
  const slotsOf = (index: number): Slots => {
    const known = byChoice.get(index) ?? { ids: [], byHostIndex: new Map() }
    byChoice.set(index, known)
    return known
  }
  return (data, chunk) => {
    let out = data
    for (const [choiceAt, choice] of listOf(chunk.choices).entries()) {
      if (!isObject(choice) || !isObject(choice.delta)) continue
      const calls = listOf(choice.delta.tool_calls)
      for (const [callAt, call] of calls.entries()) {
        if (!isObject(call)) continue
        const index = place(slotsOf(typeof choice.index === 'number' ? choice.index : 0), call, callAt > 0)
        if (call.index === index) continue
        out = splice(out, { set: { index } }, ['choices', `${choiceAt}`, 'delta', 'tool_calls', `${callAt}`])
      }
    }
    return out
  }
}

/** The position of each call of one choice, whatever its host numbers it. `beside`: not the first of its delta. */
export function callPlacer(): (call: JsonObject, beside: boolean) => number {
  const slots: Slots = { ids: [], byHostIndex: new Map() }
  return (call, beside) => place(slots, call, beside)
}

/** The calls of one choice, by position: the id each has, if it has one. */
type Slots = { ids: (string | undefined)[]; byHostIndex: Map<number, number>; last?: number }

/** The position of the call that a delta belongs to; a new one where it begins a call. */
function place(slots: Slots, call: JsonObject, beside: boolean): number {
  const id = stringOf(call.id) || undefined
  const hostIndex = typeof call.index === 'number' ? call.index : undefined
  const found = find(slots, { id, hostIndex, named: isNamed(call), beside }) ?? slots.ids.length
  slots.ids[found] ??= id
  if (hostIndex !== undefined) slots.byHostIndex.set(hostIndex, found)
  slots.last = found
  return found
}

type Marks = { id: string | undefined; hostIndex: number | undefined; named: boolean; beside: boolean }

/** Undefined: a call that was not seen before. */
function find({ ids, byHostIndex, last }: Slots, { id, hostIndex, named, beside }: Marks): number | undefined {
  const there = hostIndex === undefined ? undefined : byHostIndex.get(hostIndex)
  if (id === undefined) {
    if (hostIndex !== undefined) return there
    // Two calls in one delta are two calls, even without a mark.
    return beside && named ? undefined : last
  }
  if (there !== undefined && ids[there] === id) return there
  const known = ids.lastIndexOf(id)
  // Under an index of its own, a call with an id that was used before is another call.
  if (known >= 0) return hostIndex === undefined || there !== undefined ? known : undefined
  // Some hosts make up a new id for each delta of one call: only the first names a function.
  return there !== undefined && (!named || ids[there] === undefined) ? there : undefined
}

const isNamed = (call: JsonObject): boolean => Boolean(objectOf(call.function).name ?? objectOf(call.custom).name)
