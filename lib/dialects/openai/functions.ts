import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { deltaPrinter, type DeltaPrinter } from './deltas.ts'

/**
 * Whether the client speaks of `functions`, as the API did before there were tools (it still takes both): it is answered in
 * kind, with one `function_call` beside the text.
 */
const isOfFunctions = ({ functions, tools }: JsonObject): boolean =>
  listOf(functions).length > 0 && listOf(tools).length === 0

/** The same request, of tools. What speaks of tools already comes back as it is. */
export function withTools(body: JsonObject): JsonObject {
  const messages = listOf(body.messages)
  const called = messages.some((message) => isObject(message) && speaksOfFunctions(message))
  const told = called ? { ...body, messages: toolMessages(messages) } : body
  if (!isOfFunctions(body)) return told
  const { functions, function_call: choice, ...rest } = told
  return {
    ...rest,
    tools: listOf(functions).map((definition): Json => ({ type: 'function', function: definition })),
    ...(choice === undefined || choice === null ? {} : { tool_choice: chosen(choice) }),
    // There is room for one in the answer.
    parallel_tool_calls: false,
  }
}

const speaksOfFunctions = ({ role, function_call: call }: JsonObject): boolean => role === 'function' || isObject(call)

const chosen = (choice: Json): Json => (isObject(choice) ? { type: 'function', function: choice } : choice)

/** A result answers the call before it: neither had an id. One that answers none stays, to be refused where it stands. */
function toolMessages(messages: readonly Json[]): Json[] {
  let open: string | undefined
  return messages.map((message, at): Json => {
    const { function_call: call, ...rest } = objectOf(message)
    if (isObject(call)) {
      open = `call_${at}_0`
      return { ...rest, tool_calls: [{ id: open, type: 'function', function: call }] }
    }
    if (rest.role !== 'function' || open === undefined) return message
    const answered = open
    open = undefined
    return { role: 'tool', tool_call_id: answered, content: stringOf(rest.content) ?? rest.content ?? '' }
  })
}

/** The deltas of an answer to this request. */
export function answerPrinter(request: JsonObject | undefined): DeltaPrinter {
  const printer = deltaPrinter()
  if (!request || !isOfFunctions(request)) return printer
  const told = (deltas: readonly JsonObject[]): JsonObject[] =>
    deltas.map(functionDelta).filter((delta) => delta !== undefined)
  return {
    print: (part) => told(printer.print(part)),
    finish(part) {
      const { deltas, reason } = printer.finish(part)
      return { deltas: told(deltas), reason: reason === 'tool_calls' ? 'function_call' : reason }
    },
  }
}

/** Undefined for a call beside the first, which a model that was asked for one should not make. */
function functionDelta(delta: JsonObject): JsonObject | undefined {
  const [call] = listOf(delta.tool_calls).map(objectOf)
  if (!call) return delta
  return call.index === 0 ? { function_call: objectOf(call.function) } : undefined
}
