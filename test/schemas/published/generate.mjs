// JSON schemas of the types in types.ts, each by itself: providers share names (`Tool`). Usage: generate.mjs FILE
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const here = fileURLToPath(new URL('.', import.meta.url))
const generator = createGenerator({
  path: `${here}types.ts`,
  tsconfig: `${here}tsconfig.json`,
  skipTypeCheck: true,
  jsDoc: 'none',
  expose: 'export',
  additionalProperties: false,
})
const names = ['AnthropicMessages', 'GeminiGenerateContent', 'OpenaiChat', 'OpenaiResponses', 'CohereChat']
const schemas = Object.fromEntries(names.map((name) => [name, generator.createSchema(name)]))
writeFileSync(process.argv[2], JSON.stringify(schemas))
