import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Json, JsonObject } from '../../lib/core/json.ts'

/** Names of the types in `published/types.ts`. */
export type Published = 'AnthropicMessages' | 'GeminiGenerateContent' | 'OpenaiChat' | 'OpenaiResponses' | 'CohereChat'

type Fault = { instancePath: string; message?: string; params: JsonObject }
type Check = { (value: Json): boolean; errors?: Fault[] | null }
type Ajv = new (options: JsonObject) => {
  addSchema(schema: unknown, key: string): void
  getSchema(key: string): Check | undefined
}

// That package is installed by run.sh alone, so it is not imported where everybody's compiler looks.
const load = createRequire(new URL('published/package.json', import.meta.url))

/** Judges requests by a published type: what does not fit it, deepest first; nothing where all does. */
export function judges(): (type: Published, request: Json) => string[] {
  const Ajv = (load('ajv') as { Ajv: Ajv }).Ajv
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  const text = readFileSync(new URL('../../.e2e/schemas.json', import.meta.url), 'utf8')
  for (const [type, schema] of Object.entries(JSON.parse(text) as JsonObject)) ajv.addSchema(schema, type)
  return (type, request) => {
    const check = ajv.getSchema(type)
    if (!check) throw new Error(`there is no type ${type} in published/types.ts`)
    if (check(request)) return []
    const depth = ({ instancePath }: Fault) => instancePath.split('/').length
    const found = (check.errors ?? []).toSorted((one, other) => depth(other) - depth(one))
    return found
      .slice(0, 12)
      .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
  }
}
