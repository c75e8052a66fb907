import { createHash } from 'node:crypto'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import type { Script } from './upstream.ts'

/** What a scripted model reads of a request, whichever tongue it came in. */
export type Asked = {
  /** Turns of the assistant that called tools. */
  round: number
  results: string[]
  tools: Tool[]
  /** Must call: this one, or any (empty). */
  forced?: string
  /** The answer must be JSON of this schema. */
  format?: JsonObject
  /** Base64 of each picture, file and sound that came as bytes, and addresses of the others. */
  pictures: string[]
  /** Thoughts of earlier turns that came back exactly as they were given. */
  kept: number
}

type Tool = { name: string; schema: JsonObject }
export type Call = { id: string; name: string; arguments: JsonObject }
export type Turn = { thinks: boolean; text: string; calls: Call[] }

const scripts = new Set(['agent', 'form', 'look', 'work'])

/** Scripts whose answer is a turn of a model, which `turnOf` makes and each tongue prints. */
export const isModel = (script: Script): boolean => scripts.has(script.name)

/**
 * agent   thinks, calls all tools at once rounds=2 times, then tells their results (kept=1: and how many thoughts came back whole;
 *         woven=0: pieces of calls do not come in turn)
 * form    fills in what it is given: the schema of the answer, or the arguments of the tool that it must call, or of the first one
 * look    tells what pictures (files, sounds) it gets: the first eight digits of each one's SHA-256, or its address
 * work    like agent, but calls the tool that runs commands, twice at once, and tells what only those who ran them can say: "ping-40-0"
 */
export function turnOf(script: Script, asked: Asked): Turn {
  const { round, results, tools } = asked
  if (script.name === 'look') return said(`Pictures: ${asked.pictures.map(sight).join(', ')}`)
  if (script.name === 'form') return filled(asked)
  if (script.name === 'work' && round < 2) return worked(asked)
  if (round >= script.number('rounds', 2)) {
    const kept = script.number('kept', 0) ? `; thoughts kept: ${asked.kept}` : ''
    const told = script.name === 'work' ? results.flatMap((one) => pingOf(one)) : results
    return { thinks: true, text: `Results: ${told.join(', ')}${kept}`, calls: [] }
  }
  const calls = tools.map(({ name }, nth) => ({ id: `call_${round}_${nth}`, name, arguments: { round, nth } }))
  return { thinks: true, text: 'One moment.', calls }
}

const pingOf = (result: string): string[] => /ping-\d+-\d/.exec(result)?.slice(0, 1) ?? [`none in ${result}`]

/** Commands whose output is not in their text, for a tool that takes one by whichever name. Some lose what ends at once. */
function worked({ tools, round }: Asked): Turn {
  const takes = ({ schema }: Tool) => ['command', 'cmd', 'commands'].find((name) => name in objectOf(schema.properties))
  const tool = tools.find(takes)
  if (!tool) return said(`No tool runs commands: ${tools.map(({ name }) => name).join(', ')}`)
  const field = takes(tool) ?? ''
  const sample = objectOf(sampleOf({ ...tool.schema, properties: onlyRequired(tool.schema) }, tool.schema))
  const calls = [0, 1].map((nth) => {
    const line = `printf "ping-%s-%s\\n" ${40 + round} ${nth}; sleep 0.5`
    const type = objectOf(objectOf(tool.schema.properties)[field]).type
    const command = type !== 'array' ? line : field === 'commands' ? [line] : ['bash', '-c', line]
    return { id: `call_${round}_${nth}`, name: tool.name, arguments: { ...sample, [field]: command } }
  })
  return { thinks: true, text: 'One moment.', calls }
}

const onlyRequired = (schema: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(objectOf(schema.properties)).filter(([name]) => listOf(schema.required).includes(name)),
  )

const said = (text: string): Turn => ({ thinks: false, text, calls: [] })

function filled({ tools, forced, format, round, results }: Asked): Turn {
  if (forced === undefined && format) return said(JSON.stringify(sampleOf(format)))
  const tool = tools.find(({ name }) => name === forced) ?? tools[0]
  if (!tool || (round > 0 && forced === undefined)) return said(`Results: ${results.join(', ')}`)
  const call = { id: `call_${round}_0`, name: tool.name, arguments: objectOf(sampleOf(tool.schema)) }
  return { thinks: false, text: '', calls: [call] }
}

const sight = (picture: string): string =>
  picture.startsWith('http')
    ? picture
    : createHash('sha256').update(Buffer.from(picture, 'base64')).digest('hex').slice(0, 8)

/** A value that the schema allows: Oslo, 7, true, one item, every member. */
export function sampleOf(schema: Json | undefined, root: JsonObject = objectOf(schema)): Json {
  const one = objectOf(schema)
  const reference = stringOf(one.$ref)
  if (reference !== undefined) return sampleOf(pointed(root, reference), root)
  if (one.const !== undefined) return one.const
  if (Array.isArray(one.enum)) return one.enum[0] ?? null
  const branches = listOf(one.anyOf ?? one.oneOf ?? one.allOf)
  if (branches.length > 0) return sampleOf(branches[0], root)
  const type = (stringOf(Array.isArray(one.type) ? one.type[0] : one.type) ?? '').toLowerCase()
  if (type === 'array') return [sampleOf(one.items, root)]
  if (type === 'integer' || type === 'number') return 7
  if (type === 'boolean') return true
  if (type === 'null') return null
  if (type === 'string') return 'Oslo'
  return Object.fromEntries(
    Object.entries(isObject(one.properties) ? one.properties : {}).map(([name, value]) => [
      name,
      sampleOf(value, root),
    ]),
  )
}

const pointed = (root: JsonObject, reference: string): Json =>
  reference
    .split('/')
    .slice(1)
    .reduce<Json>((at, name) => objectOf(at)[name] ?? {}, root)

/** Parameters that only newer servers of chat completions know: those of old=1 answer them with a 400. */
const newer = ['max_completion_tokens', 'store', 'metadata', 'service_tier', 'prompt_cache_key']

/** The first thing in a request that an older server does not know. */
export function unknownToOld(script: Script, body: JsonObject): string | undefined {
  if (script.options.old !== '1') return undefined
  const developer = listOf(body.messages).some((message) => objectOf(message).role === 'developer')
  return newer.find((name) => name in body) ?? (developer ? 'role developer' : undefined)
}
