import type { ChatPart } from '../../core/chat.ts'
import { tryParse } from '../../core/json.ts'

/** Arguments of one call as they come. */
export type CallText = {
  add(text: string): ChatPart[]
  /** Whether they are no JSON, now that nothing follows. */
  broken(): boolean
}

/** Functions without arguments are called with `null`, or with nothing: neither is said, and whoever prints the call writes `{}`. */
export function callText(block: number): CallText {
  let whole = ''
  let sent = 0
  return {
    add(text) {
      whole += text
      if ('null'.startsWith(whole.trim()) || whole.length === sent) return []
      const piece = whole.slice(sent)
      sent = whole.length
      return [{ type: 'arguments', block, text: piece }]
    },
    broken: () => whole.trim() !== '' && tryParse(whole) === undefined,
  }
}
