import { type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'

/** Tools that come in a `namespace` are flattened for models that know none: one name for both. */
export const flatName = (namespace: string, name: string): string =>
  namespace.endsWith('_') ? namespace + name : `${namespace}__${name}`

export type Named = { name: string; namespace?: string }

/** How a called name is written back to the client: namespace and name apart, where its tools have them apart. */
export function namesOf(request: JsonObject): (flat: string) => Named {
  const known = new Map<string, Named>()
  for (const tool of listOf(request.tools).map(objectOf)) {
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
  return own !== undefined && space ? flatName(space, own) : own
}
