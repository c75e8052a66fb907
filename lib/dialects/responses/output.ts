import type { ChatPart } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { knownCalls } from './known-tools.ts'
import { namesOf } from './namespaces.ts'
import { messageItem } from './message-item.ts'
import { callItem, type Event, imageItem, type OutputItem, reasoningItem } from './output-items.ts'
import { typedCallItem } from './typed-call-item.ts'

export type OutputPrinter = {
  print(part: ChatPart): Event[]
  /** Ends the item that is open. `incomplete`: in the middle of it. */
  close(status: 'completed' | 'incomplete'): Event[]
  /** Items that have ended. */
  readonly items: readonly JsonObject[]
}

/**
 * Parts to the items of an output and the events that tell them. Items come one after the other; ids are made of the response's,
 * so that the response an item belongs to is known from the item alone (`responseIdOf`).
 */
export function outputPrinter(responseId: string, request: JsonObject): OutputPrinter {
  const items: JsonObject[] = []
  const names = namesOf(request)
  const knownCall = knownCalls(request)
  /** Of the text that comes next. */
  const likely: JsonObject[] = []
  let open: OutputItem | undefined
  /** Characters of text so far. */
  let said = 0

  const place = (prefix: string) => ({
    id: `${prefix}_${responseId.replace(/^resp_/, '')}_${items.length}`,
    index: items.length,
  })
  const close = (status: 'completed' | 'incomplete'): Event[] => {
    if (!open) return []
    const { events, item } = open.close(status)
    items.push(item)
    open = undefined
    return events
  }
  const begun = (part: ChatPart): OutputItem | undefined => {
    if (part.type === 'text' || part.type === 'refusal') return messageItem(place('msg'), said)
    if (part.type === 'reasoning' || part.type === 'signature' || part.type === 'redacted')
      return reasoningItem(place('rs'), part.block)
    if (part.type === 'image') return imageItem(place('ig'), part)
    if (part.type !== 'call') return undefined
    const known = knownCall(part.name)
    if (known) return typedCallItem(place(known.prefix), part, known.item)
    return callItem(place(part.custom ? 'ctc' : 'fc'), part, names(part.name))
  }
  const write = (item: OutputItem, part: ChatPart): Event[] => {
    if (part.type !== 'text') return item.write(part, [])
    said += part.text.length
    return item.write(part, likely.splice(0))
  }
  return {
    items,
    close,
    print(part) {
      if (part.type === 'logprobs') likely.push(...(part.of ? [] : part.tokens))
      if (open?.takes(part)) return write(open, part)
      if (!begins.has(part.type) || ('text' in part && part.text === '')) return []
      const ended = close('completed')
      open = begun(part)
      return open ? [...ended, ...write(open, part)] : ended
    },
  }
}

const begins = new Set(['text', 'refusal', 'reasoning', 'signature', 'redacted', 'call', 'image'])

/** The response that an item of ours belongs to; undefined for ids that others made. */
export function responseIdOf(itemId: string): string | undefined {
  const stem = /^(?:msg|rs|fc|ctc|lsh|sh|apc|tsc|ig)_([0-9a-f]{32})_\d+$/.exec(itemId)?.[1]
  return stem === undefined ? undefined : `resp_${stem}`
}
