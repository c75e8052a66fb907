import type { Json, JsonObject } from '../core/json.ts'
import type { Bounds } from './dialect.ts'
import { unboundedParam } from './unbounded-params.ts'
import { jsonTokens } from './prompt-size.ts'

/**
 * What stands in a request of an endpoint beside what that counts by itself (`said`). It goes to the host as the host's own, and
 * nobody here knows whether its model reads it, so it counts as if it did. Tools are run by the provider there: nobody can
 * answer a call.
 */
export function besideBounds(body: JsonObject, said: ReadonlySet<string>): Pick<Bounds, 'inputTokens' | 'unbounded'> {
  let inputTokens = 0
  for (const [name, value] of Object.entries(body)) if (!said.has(name)) inputTokens += jsonTokens(value)
  const unbounded = unboundedParam(body) ?? (isSomething(body.tools) ? 'tools' : undefined)
  return { inputTokens, ...(unbounded !== undefined && { unbounded }) }
}

const isSomething = (value: Json | undefined): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)
