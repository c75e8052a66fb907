import type { ChatPart, ChatTool } from '../../core/chat.ts'
import { type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../core/json.ts'
import type { PartFilter } from '../tongue.ts'

/** A wrapper that models make up now and then around calls that they want to make at once. */
const wrappers = new Set(['parallel', 'multi_tool_use.parallel'])

/**
 * Sorts out calls that are not what they seem. A free-text call of a name that the client has not given may be the provider's
 * own tool (xAI writes its searches so): where an answer follows it, it was. A call of the wrapper becomes the calls in it.
 */
export function restoreCalls(tools: readonly ChatTool[]): PartFilter {
  const given = new Set(tools.map(({ name }) => name))
  let held: { call: ChatPart & { type: 'call' }; text: string } | undefined
  /** Calls nobody has spoken behind yet. */
  const doubtful: ChatPart[][] = []
  /** Inner calls need blocks of their own, behind all that the provider numbers. */
  let extra = 1_000_000

  const end = (): ChatPart[] => {
    if (!held) return []
    const { call, text } = held
    held = undefined
    const whole: ChatPart[] = text === '' ? [call] : [call, { type: 'arguments', block: call.block, text }]
    if (call.custom) {
      doubtful.push(whole)
      return []
    }
    const inner = unwrapped(text, given)
    return inner ? inner.flatMap((one) => callParts(one, call.id, extra++)) : whole
  }
  const settle = (clients: boolean): ChatPart[] =>
    doubtful.splice(0).flatMap((parts) => (clients ? parts : [hostedPart(parts)]))

  return (part) => {
    if (part.type === 'arguments' && held?.call.block === part.block) {
      held.text += part.text
      return []
    }
    if (part.type === 'finish') return [...end(), ...settle(true), part]
    const before = 'block' in part && part.block !== held?.call.block ? end() : []
    const spoken = part.type === 'text' || part.type === 'refusal' ? settle(false) : []
    if (part.type !== 'call' || given.has(part.name) || !(part.custom || wrappers.has(part.name))) {
      return [...before, ...spoken, part]
    }
    held = { call: part, text: '' }
    return [...before, ...spoken]
  }
}

function hostedPart(parts: readonly ChatPart[]): ChatPart {
  const [call, written] = parts
  const { id, name, block } = call?.type === 'call' ? call : { id: '', name: '', block: 0 }
  const input = written?.type === 'arguments' ? written.text : ''
  return { type: 'other', block, value: { type: 'custom_tool_call', call_id: id, name, input } }
}

/** The calls inside the wrapper, where every one of them is a tool of the client's. */
function unwrapped(text: string, given: ReadonlySet<string>): JsonObject[] | undefined {
  const uses = listOf(objectOf(tryParse(text)).tool_uses).map(objectOf)
  const known = uses.every((use) => given.has(nameOf(use)))
  return known && uses.length > 0 ? uses : undefined
}

const nameOf = ({ recipient_name: name }: JsonObject): string => (stringOf(name) ?? '').replace(/^functions\./, '')

const callParts = (use: JsonObject, id: string, block: number): ChatPart[] => [
  { type: 'call', block, id: `${id}_${block - 999_999}`, name: nameOf(use) },
  { type: 'arguments', block, text: JSON.stringify(use.parameters ?? {}) },
]
