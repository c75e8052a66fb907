import type { ChatPart, ChatTool } from '../core/chat.ts'
import { objectOf, stringOf, tryParse } from '../core/json.ts'
import type { PartFilter } from './tongue.ts'

/** Free text that a provider's model has called a tool with, for clients whose calls are JSON: an object with one string. */
export function wrapCustomCalls(): PartFilter {
  let open: number | undefined
  const close = (): ChatPart[] => (open === undefined ? [] : [{ type: 'arguments', block: open, text: '"}' }])
  return (part) => {
    if (part.type === 'arguments' && part.block === open)
      return [{ ...part, text: JSON.stringify(part.text).slice(1, -1) }]
    const ends = part.type === 'finish' || ('block' in part && part.block !== open)
    const closed = ends ? close() : []
    if (ends) open = undefined
    if (part.type !== 'call' || !part.custom) return [...closed, part]
    open = part.block
    const { custom: _, ...call } = part
    return [...closed, call, { type: 'arguments', block: part.block, text: '{"input":"' }]
  }
}

/**
 * Calls of free-text tools, which went upstream as functions with one string, become free text again. That string is
 * JSON until it ends, so a call comes out whole; one that was cut off comes out as the model wrote it.
 */
export function unwrapCustomCalls(tools: readonly ChatTool[]): PartFilter {
  const names = new Set(tools.filter((tool) => tool.custom).map((tool) => tool.name))
  let open: { block: number; text: string } | undefined
  const close = (): ChatPart[] => {
    if (!open) return []
    const { block, text } = open
    open = undefined
    return [{ type: 'arguments', block, text: stringOf(objectOf(tryParse(text)).input) ?? text }]
  }
  return (part) => {
    if (part.type === 'arguments' && open?.block === part.block) {
      open.text += part.text
      return []
    }
    const ends = part.type === 'finish' || ('block' in part && part.block !== open?.block)
    const closed = ends ? close() : []
    if (part.type !== 'call' || part.custom || !names.has(part.name)) return [...closed, part]
    open = { block: part.block, text: '' }
    return [...closed, { ...part, custom: true }]
  }
}
