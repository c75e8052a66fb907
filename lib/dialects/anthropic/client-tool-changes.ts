import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'

/**
 * The tools that are offered now: those of `tools`, with what the conversation added and withdrew since (`tool_addition` and
 * `tool_removal` in system messages, and in a compaction's `tool_changes`). Claude Code loads its tools in this way.
 */
export function toolsInForce(body: JsonObject): Json[] {
  const declared = listOf(body.tools)
  const changes = changesOf(body)
  if (changes.length === 0) return declared
  const known = new Map(declared.map((tool) => [nameOf(tool), tool]))
  const offered = new Set(known.keys())
  for (const { type, tool } of changes) {
    const { definition, name: referred } = objectOf(tool)
    const name = definition === undefined ? (stringOf(referred) ?? '') : nameOf(definition)
    if (definition !== undefined) known.set(name, definition)
    if (type === 'tool_removal') offered.delete(name)
    else offered.add(name)
  }
  return [...known].flatMap(([name, tool]) => (offered.has(name) ? [tool] : []))
}

/** Every tool that the request defines, offered now or not. */
export const toolsDefined = (body: JsonObject): Json[] => [
  ...listOf(body.tools),
  ...changesOf(body).flatMap(({ tool }) => objectOf(tool).definition ?? []),
]

const nameOf = (tool: Json): string => stringOf(objectOf(tool).name) ?? stringOf(objectOf(tool).type) ?? ''

const changesOf = ({ messages }: JsonObject): JsonObject[] =>
  listOf(messages)
    .flatMap((message) => listOf(objectOf(message).content).map(objectOf))
    .flatMap((block) => [block, ...listOf(block.tool_changes).map(objectOf)])
    .filter(({ type }) => type === 'tool_addition' || type === 'tool_removal')
