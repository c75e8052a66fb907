import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { callPlacer } from './pass-calls.ts'

type Open = { id: string; name: string; text: string; sent: number; custom: boolean; block?: number }

/** Calls by position. One is live, its arguments pass as they come; the next is once its arguments are whole, or all has ended. */
export function callReader(begin: () => number) {
  const place = callPlacer()
  const open: Open[] = []
  let live = 0

  const flush = (call: Open): ChatPart[] => {
    const parts: ChatPart[] = []
    if (call.name === '') return parts
    if (call.block === undefined) {
      call.block = begin()
      parts.push({ type: 'call', block: call.block, id: call.id, name: call.name })
    }
    if (call.text.length > call.sent)
      parts.push({ type: 'arguments', block: call.block, text: call.text.slice(call.sent) })
    call.sent = call.text.length
    return parts
  }
  const advance = (last: boolean): ChatPart[] => {
    const parts: ChatPart[] = []
    for (let call = open[live]; call; call = open[live]) {
      parts.push(...flush(call))
      if (live === open.length - 1 || !(last || tryParse(call.text) !== undefined)) break
      live++
    }
    return parts
  }
  const take = (call: JsonObject, beside: boolean): void => {
    const position = place(call, beside)
    const called = isObject(call.function) ? call.function : objectOf(call.custom)
    const known = (open[position] ??= { id: '', name: '', text: '', sent: 0, custom: isObject(call.custom) })
    known.id ||= stringOf(call.id) || `call_${position}`
    known.name ||= stringOf(called.name) ?? ''
    const given = called.arguments ?? called.input
    known.text += typeof given === 'string' ? given : isObject(given) ? JSON.stringify(given) : ''
  }
  return {
    read(delta: JsonObject): ChatPart[] {
      const old = objectOf(delta.function_call)
      const listed = listOf(delta.tool_calls).filter(isObject)
      for (const [nth, call] of listed.entries()) take(call, nth > 0)
      if (listed.length === 0 && Object.keys(old).length > 0) take({ index: 0, function: old }, false)
      return advance(false)
    },
    /** The call that is being told may go on. */
    isOpen: (): boolean => {
      const call = open[live]
      if (call?.block === undefined) return false
      return call.custom || !call.text.endsWith('}') || tryParse(call.text) === undefined
    },
    close: () => advance(true),
    broken: () => {
      if (open.some((call) => call.name === '')) return 'The provider called a function without naming it.'
      const bad = open.some(({ custom, text }) => !custom && text.trim() !== '' && tryParse(text) === undefined)
      return bad ? 'The provider called a function with arguments that are not JSON.' : undefined
    },
  }
}
