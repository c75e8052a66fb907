/** What a part of a conversation is to its loops of tools. `aside` stands beside them; at `end`, what was before is told anew. */
export type Side = 'answer' | 'result' | 'user' | 'aside' | 'end'

/**
 * The last loop of tools, if the model is to go on in one: answers with calls and their results, since the user's question.
 * What came before it needs no seals any more. What the user says right behind results (agents remind, or ask for a summary)
 * ends no loop: Anthropic and Bedrock get it in one message with them, and without the seal they refuse it or it is answered
 * unthought.
 */
export function lastLoop<T>(parts: readonly T[], sideOf: (part: T) => Side): T[] {
  let [start, before]: [number, Side] = [0, 'user']
  for (const [at, part] of parts.entries()) {
    const side = sideOf(part)
    if (side === 'end' || (side === 'user' && before !== 'result')) start = at + 1
    if (side === 'answer' || side === 'result') before = side
  }
  return before === 'result' ? parts.slice(start) : []
}
