import type { AssistantBlock, ChatMessage, UserBlock } from '../../core/chat.ts'

export type Call = AssistantBlock & { type: 'call' }
export type Result = ChatMessage & { role: 'tool' }

/** One side's turn: consecutive messages of the same side, as this tongue has them. */
export type Turn =
  | { role: 'assistant'; content: AssistantBlock[] }
  | { role: 'user'; results: Result[]; content: UserBlock[] }

/**
 * Messages as turns that alternate, without text that is empty or white space (both are refused). Leading system messages
 * are not among them; later ones keep their place as text of the user's side, marked, because a model that takes role
 * `system` there and one that answers 200 and ignores it cannot be told apart by their replies.
 */
export function turnsOf(messages: readonly ChatMessage[]): Turn[] {
  const turns: Turn[] = []
  for (const message of messages) {
    if (message.role === 'assistant') addAssistant(turns, message.content.filter(spoken))
    else addUser(turns, message)
  }
  // A user who said nothing last still ends the conversation: without a turn, the assistant's would be one to go on from.
  const last = messages.findLast((message) => message.role === 'user' || isAnswer(message))
  if (last?.role === 'user' && turns.at(-1)?.role === 'assistant') {
    turns.push({ role: 'user', results: [], content: [{ type: 'text', text: '.' }] })
  }
  return turns.map((turn) => (turn.role === 'assistant' ? { ...turn, content: callsLast(turn.content) } : turn))
}

const spoken = (block: { type: string; text?: string }): boolean => block.type !== 'text' || /\S/.test(block.text ?? '')

const answers = (content: readonly AssistantBlock[]): boolean =>
  content.some((block) => block.type === 'call' || (block.type === 'text' && spoken(block)))
const isAnswer = (message: ChatMessage): boolean => message.role === 'assistant' && answers(message.content)

function addAssistant(turns: Turn[], content: AssistantBlock[]): void {
  // Reasoning alone is no turn: it is refused, and without an answer it has nothing to explain.
  if (!answers(content)) return
  const last = turns.at(-1)
  if (last?.role === 'assistant') last.content.push(...content)
  else turns.push({ role: 'assistant', content: [...content] })
}

function addUser(turns: Turn[], message: Exclude<ChatMessage, { role: 'assistant' }>): void {
  const results = message.role === 'tool' ? [message] : []
  const content =
    message.role === 'tool' ? [] : message.content.filter(spoken).map(message.role === 'system' ? aside : same)
  if (results.length + content.length === 0) return
  const last = turns.at(-1)
  if (last?.role === 'user') {
    last.results.push(...results)
    last.content.push(...content)
  } else turns.push({ role: 'user', results, content })
}

const same = (block: UserBlock): UserBlock => block
const aside = (block: UserBlock): UserBlock =>
  block.type === 'text' ? { ...block, text: `<system>${block.text}</system>` } : block

/** Text behind a call would stand between the call and its result. */
function callsLast(content: AssistantBlock[]): AssistantBlock[] {
  const calls = content.filter((block) => block.type === 'call')
  return calls.length === 0 ? content : [...content.filter((block) => block.type !== 'call'), ...calls]
}
