import { objectOf, tryParseExact } from '../../core/json.ts'
import type { ExchangeOptions } from '../dialect.ts'
import { forHost, hasHostRules } from './host.ts'
import { drop, leaveOut, type Patch } from './pass-patch.ts'
import { parseReasoning } from './request.ts'

/** Members that are long, or hold numbers of schemas: taken from the text, as they are about to be sent. */
const exact = ['messages', 'tools', 'response_format']

/**
 * What the host's rules change in a request that passes. `text` is the body as edited so far; members that no rule
 * touches keep its bytes.
 */
export function adaptToHost(patch: Patch, text: string, options: ExchangeOptions): void {
  if (!hasHostRules(options.flags)) return
  const { effective, set, remove } = patch
  const kept = Object.entries({ ...effective, ...set }).filter(([name]) => name in set || !remove.has(name))
  const body = Object.fromEntries(kept)
  const written = objectOf(tryParseExact(text))
  for (const name of exact) {
    const value = written[name]
    if (name in body && !(name in set) && value !== undefined) body[name] = value
  }
  const edit = forHost(body, parseReasoning(body), options)
  Object.assign(set, edit.set)
  for (const name of edit.remove) leaveOut(patch, name)
  for (const name of edit.dropped) if (!remove.has(name) && name in edit.set) patch.dropped.add(name)
  for (const name of edit.dropped) if (!(name in edit.set)) dropNamed(patch, name)
}

/** Names with a point (`tools.strict`) stand for a part of a member: that is gone already. */
function dropNamed(patch: Patch, name: string): void {
  if (name in patch.set || name.includes('.')) patch.dropped.add(name)
  else drop(patch, name)
}
