import type { ChatTool } from '../../core/chat.ts'
import { type JsonObject, objectOf, stringOf } from '../../core/json.ts'
import { cacheMark, wrong } from './request-fields.ts'

/**
 * A tool that takes free text, as a function with one string: what every tongue has. Its calls are unwrapped on the way
 * back. A grammar cannot be promised so: it is kept aside for those that know such tools.
 */
export function parseCustomTool(tool: JsonObject, param: string): ChatTool {
  const { name, description, format } = objectOf(tool.custom)
  if (typeof name !== 'string' || name === '') throw wrong(`${param}.name`, 'a name', name)
  const { type, grammar } = objectOf(format)
  if (type !== undefined && type !== 'text' && type !== 'grammar')
    throw wrong(`${param}.format.type`, '"text" or "grammar"', type)
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
    custom: true,
    ...(type === 'grammar' ? { grammar: { rule: objectOf(grammar), param: `${param}.format` } } : {}),
    ...cacheMark(tool.cache_control),
  }
}

/** Name and arguments of an earlier call, of either kind of tool; free text as the function would have had it. */
export function parseCalled(call: JsonObject): { name: string | undefined; text: string } {
  if (call.type === 'custom') {
    const { name, input } = objectOf(call.custom)
    return { name: stringOf(name), text: JSON.stringify({ input: stringOf(input) ?? '' }) }
  }
  const { name, arguments: args } = objectOf(call.function)
  return { name: stringOf(name), text: typeof args === 'string' ? args : JSON.stringify(args ?? {}) }
}
