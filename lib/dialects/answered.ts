import type { ChatMessage, UserBlock } from '../core/chat.ts'

type Turn = ChatMessage & { role: 'assistant' }
type Result = ChatMessage & { role: 'tool' }

/**
 * A conversation in which every call is answered right behind the turn that called, once, and nothing is answered that was not
 * called: what most hosts demand. Clients cut their histories, and some put other messages in between. A missing result says so;
 * a result without its call is kept as words of the user.
 */
export function answered(messages: readonly ChatMessage[]): ChatMessage[] {
  return segmentsOf(messages).flatMap(({ turn, rest }) => {
    const open = turn ? callIds(turn) : []
    const results: ChatMessage[] = []
    const others: ChatMessage[] = []
    for (const message of rest) {
      const at = message.role === 'tool' ? open.indexOf(message.id) : -1
      if (at >= 0) results.push(message)
      else others.push(message.role === 'tool' ? orphan(message) : message)
      if (at >= 0) open.splice(at, 1)
    }
    return [...(turn ? [turn] : []), ...results, ...open.map(missing), ...others]
  })
}

type Segment = { turn?: Turn; rest: ChatMessage[] }

/** Each turn of the assistant with what follows it. Turns that follow one that called, with nothing between, are part of it. */
function segmentsOf(messages: readonly ChatMessage[]): Segment[] {
  const segments: Segment[] = [{ rest: [] }]
  for (const message of messages) {
    const last = segments.at(-1)
    if (message.role !== 'assistant') last?.rest.push(message)
    else if (last?.turn && last.rest.length === 0 && goesOn(last.turn, message)) {
      last.turn = { role: 'assistant', content: [...last.turn.content, ...message.content] }
    } else segments.push({ turn: message, rest: [] })
  }
  return segments
}

const callIds = ({ content }: Turn): string[] => content.flatMap((block) => (block.type === 'call' ? [block.id] : []))

/** Servers that number calls per turn repeat their ids: those are two turns. */
function goesOn(turn: Turn, next: Turn): boolean {
  const ids = callIds(turn)
  return ids.length > 0 && !callIds(next).some((id) => ids.includes(id))
}

const missing = (id: string): ChatMessage => ({ role: 'tool', id, content: [{ type: 'text', text: 'No result.' }] })

function orphan({ id, content }: Result): ChatMessage {
  const head: UserBlock = { type: 'text', text: `Tool result ${id}:` }
  return { role: 'user', content: [head, ...content] }
}
