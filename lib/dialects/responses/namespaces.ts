import { type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'

/** Items by which tools join a conversation that is under way. */
const bringsTools = new Set(['additional_tools', 'tool_search_output'])

/** Every tool that the model may call, in the words of the request: what it began with, and what its input has added since. */
export function toolsGiven({ tools, input }: JsonObject): { tool: JsonObject; param: string }[] {
  const listed = (list: JsonObject[''] | undefined, param: string) =>
    listOf(list ?? []).map((tool, at) => ({ tool: objectOf(tool), param: `${param}[${at}]` }))
  const added = listOf(input ?? []).flatMap((value, at) => {
    const item = objectOf(value)
    return bringsTools.has(stringOf(item.type) ?? '') ? listed(item.tools, `input[${at}].tools`) : []
  })
  return [...listed(tools, 'tools'), ...added]
}

/** Tools that come in a `namespace` are flattened for models that know none: one name for both. */
export const flatName = (namespace: string, name: string): string =>
  namespace.endsWith('_') ? namespace + name : `${namespace}__${name}`

export type Named = { name: string; namespace?: string }

/** How a called name is written back to the client: namespace and name apart, where its tools have them apart. */
export function namesOf(request: JsonObject): (flat: string) => Named {
  const known = new Map<string, Named>()
  for (const { tool } of toolsGiven(request)) {
    const namespace = stringOf(tool.name)
    if (tool.type !== 'namespace' || namespace === undefined) continue
    for (const inner of listOf(tool.tools).map(objectOf)) {
      const name = stringOf(inner.name)
      if (name !== undefined) known.set(flatName(namespace, name), { name, namespace })
    }
  }
  return (flat) => known.get(flat) ?? { name: flat }
}

/** The name of a call that a client hands back. */
export function calledName({ name, namespace }: JsonObject): string | undefined {
  const own = stringOf(name)
  const space = stringOf(namespace)
  // A function that was found by a search is called in a namespace of its own name.
  return own !== undefined && space && space !== own ? flatName(space, own) : own
}
