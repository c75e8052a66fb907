import type { Json } from '../core/json.ts'
import { elementsOf, type Member, membersOf, skipSpace } from './json-scan.ts'

export type Edits = { set?: Record<string, Json>; remove?: readonly string[] }

/**
 * Sets and removes members of a JSON object in its text; every other byte stays as it is (numbers of any size, spacing,
 * order of keys). `at` leads to a nested object: member names, and positions of arrays as digits. Where the object is
 * missing, what is to be set is put there, and what is to be removed is gone already.
 * A key that is written twice is set at every place, so that no reader finds an old value.
 *
 * The text must be valid JSON with an object at its root.
 */
export function splice(text: string, edits: Edits, at: readonly string[] = []): string {
  const found = locate(text, at)
  if (found !== undefined) return editObject(text, found, edits)
  const name = at.at(-1)
  if (name === undefined || edits.set === undefined || Object.keys(edits.set).length === 0) return text
  return splice(text, { set: { [name]: edits.set } }, at.slice(0, -1))
}

/** Where the object at the end of the path starts; undefined where there is no object. */
function locate(text: string, path: readonly string[]): number | undefined {
  let at = skipSpace(text, 0)
  for (const step of path) {
    let next: number | undefined
    if (text[at] === '{') next = membersOf(text, at).members.findLast((member) => member.key === step)?.valueStart
    else if (text[at] === '[') next = elementsOf(text, at)[Number(step)]
    if (next === undefined) return undefined
    at = next
  }
  return text[at] === '{' ? at : undefined
}

function editObject(text: string, start: number, edits: Edits): string {
  const set = new Map(Object.entries(edits.set ?? {}))
  const remove = new Set(edits.remove)
  const { members, end } = membersOf(text, start)
  const last = members.at(-1)
  let out = text.slice(0, members[0]?.keyStart ?? end)
  let empty = true
  for (const [position, member] of members.entries()) {
    if (remove.has(member.key) && !set.has(member.key)) continue
    if (!empty) out += text.slice(members[position - 1]?.valueEnd, member.keyStart)
    out += printMember(text, member, set)
    empty = false
  }
  const known = new Set(members.map((member) => member.key))
  for (const [key, value] of set) {
    if (known.has(key)) continue
    out += `${empty ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`
    empty = false
  }
  return out + text.slice(last?.valueEnd ?? end)
}

function printMember(text: string, member: Member, set: ReadonlyMap<string, Json>): string {
  const value = set.get(member.key)
  if (value === undefined) return text.slice(member.keyStart, member.valueEnd)
  return text.slice(member.keyStart, member.valueStart) + JSON.stringify(value)
}
