import { type JsonObject, objectOf, roundsNumbers, tryParseExact } from '../../core/json.ts'
import type { ChatCall, ExchangeOptions } from '../dialect.ts'
import { forHost, hasHostRules } from './host.ts'
import { leaveOut, type Patch } from './pass-patch.ts'
import { parseReasoning } from './request.ts'

/** Members that were edited in the text, or hold numbers of schemas. */
const exact = ['messages', 'tools', 'response_format']

export type Adapting = { patch: Patch; call: ChatCall; text: string }

/**
 * What the host's rules change in a request that passes. `text` is the body as edited so far; members that no rule
 * touches keep its bytes.
 */
export function adaptToHost({ patch, call, text }: Adapting, options: ExchangeOptions): void {
  if (!hasHostRules(options.flags)) return
  const { effective, set, remove } = patch
  const kept = Object.entries({ ...effective, ...set }).filter(([name]) => name in set || !remove.has(name))
  const body = Object.fromEntries(kept)
  const written = writtenIn(text, call)
  for (const name of exact) {
    const value = written[name]
    if (name in body && !(name in set) && value !== undefined) body[name] = value
  }
  const edit = forHost(body, parseReasoning(body), options)
  Object.assign(set, edit.set)
  for (const name of edit.remove) leaveOut(patch, name)
  // What was dropped of a member that stays (one of many stops) is named all the same.
  for (const name of edit.dropped) patch.dropped.add(name)
}

/** The text is read again only where it says something else than what was read of it. */
const writtenIn = (text: string, call: ChatCall): JsonObject =>
  text === call.text && !roundsNumbers(text) ? {} : objectOf(tryParseExact(text))
