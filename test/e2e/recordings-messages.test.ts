import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isObject, type Json, type JsonObject, listOf, objectOf, tryParse } from '../../lib/core/json.ts'
import { chatExchange, hubExchange, messageOf, passExchange } from '../support/messages.ts'
import { framed, streamed } from '../support/translated.ts'

/**
 * Recorded replies of live hosts, as a client of the messages API gets them: those of that API passed on and through the hub,
 * those of chat hosts translated. What is expected is read from the recording by plain loops.
 */
const folder = process.env.PURSER_RECORDINGS
const root = folder !== undefined && existsSync(folder) ? folder : undefined
const anthropic = root ? readdirSync(join(root, 'anthropic')).filter((name) => !name.startsWith('spliced')) : []
const read = (name: string): string => readFileSync(join(root ?? '', 'anthropic', name), 'utf8')
const free = { dollars: () => undefined }

/** Some recordings hold several replies one after the other: the first is what one request would have got. */
function firstReply(lines: string): string {
  const all = lines.split('\n').filter((line) => line.trim() !== '')
  return all.slice(0, all.findIndex((line) => objectOf(tryParse(line)).type === 'message_stop') + 1).join('\n')
}

/** Blocks without what says nothing: fields that are null, lists that are empty, blocks of no text. */
const told = (content: Json | undefined): Json[] =>
  listOf(content)
    .filter(isObject)
    .map((block) =>
      Object.fromEntries(
        Object.entries(block).filter(
          // Who called a tool is the provider's own affair.
          ([name, value]) => name !== 'caller' && value !== null && !(Array.isArray(value) && value.length === 0),
        ),
      ),
    )
    .filter((block) => block.type !== 'text' || block.text !== '')

const counts = (usage: Json | undefined): Json[] => {
  const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = objectOf(usage)
  return [input_tokens ?? 0, output_tokens ?? 0, cache_read_input_tokens ?? 0, cache_creation_input_tokens ?? 0]
}

/** The hub has one place for the words of a refusal, and this tongue's clients are shown them as text. */
function refusalOf({ stop_details: details }: JsonObject): Json[] {
  const text = objectOf(details).explanation
  return typeof text === 'string' ? [{ type: 'text', text }] : []
}

/** One host said message_start twice: no client could read that as it came. */
const once = (name: string): boolean => !name.startsWith('duplicate')

describe.runIf(root)('recorded messages', () => {
  const streams = anthropic.filter((name) => name.endsWith('.chunks.txt'))
  const wholes = anthropic.filter((name) => name.endsWith('.json'))

  it('are there', () => expect(streams.length * wholes.length).toBeGreaterThan(0))

  it.each(streams)('%s passes as it came', (name) => {
    const wire = framed(firstReply(read(name)))
    const { bytes, tail, failure, seen } = streamed(passExchange({ stream: true }, free), [wire])

    expect(failure).toBeUndefined()
    if (name.startsWith('duplicate')) expect(messageOf(bytes + tail)).toMatchObject({ stop_reason: 'end_turn' })
    else expect(bytes + tail).toBe(wire.toString())
    expect(seen.usage?.completion).toBeGreaterThan(0)
  })

  it.each(streams.filter(once))('%s says the same through the hub', (name) => {
    const wire = framed(firstReply(read(name)))
    const { bytes, tail } = streamed(hubExchange({ stream: true }, free), [wire])
    const [ours, theirs] = [messageOf(bytes + tail), messageOf(wire.toString())]

    expect(told(ours.content)).toEqual([...told(theirs.content), ...refusalOf(theirs)])
    expect(ours.stop_reason).toBe(theirs.stop_reason)
    if (!isObject(objectOf(theirs.usage).iterations) && listOf(objectOf(theirs.usage).iterations).length < 2)
      expect(counts(ours.usage)).toEqual(counts(theirs.usage))
  })

  it.each(wholes)('%s passes as it came, and says the same through the hub', (name) => {
    const text = read(name)
    const theirs = JSON.parse(text) as JsonObject
    const passed = passExchange({}, free).whole(Buffer.from(text))
    const through = hubExchange({}, free).whole(Buffer.from(text))

    if ('failure' in passed || 'failure' in through) throw new Error('it is no message')
    expect(Buffer.from(passed.body as Uint8Array).toString()).toBe(text)
    const ours = JSON.parse(String(through.body)) as JsonObject
    expect(told(ours.content)).toEqual([...told(theirs.content), ...refusalOf(theirs)])
    expect(ours.stop_reason).toBe(theirs.stop_reason)
  })
})

/** By its own words: chunks of the chat API that end in a finish reason. */
function chunksIn(text: string): JsonObject[] {
  const lines = text
    .split('\n')
    .map((line) => tryParse(line.replace(/^data: /, '')))
    .filter(isObject)
  const chat = lines.some((line) => listOf(line.choices).some((choice) => isObject(objectOf(choice).delta)))
  return chat ? lines : []
}

const chats = root
  ? readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(?:chunks\.txt|sse)$/.test(path))
      .filter((path) => chunksIn(readFileSync(join(root, path), 'utf8')).length > 1)
      .sort()
  : []

describe.runIf(root)('recorded chat completions for a client of the messages API', () => {
  it('are there', () => expect(chats.length).toBeGreaterThan(10))

  it.each(chats)('%s says the same', (path) => {
    const chunks = chunksIn(readFileSync(join(root ?? '', path), 'utf8'))
    if (chunks.some((chunk) => isObject(chunk.error))) return
    const wire = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') + 'data: [DONE]\n\n'
    const { bytes, tail, failure } = streamed(chatExchange({ stream: true }), [Buffer.from(wire)])
    const deltas = chunks.flatMap((chunk) =>
      listOf(chunk.choices)
        .map(objectOf)
        .filter((choice) => (choice.index ?? 0) === 0)
        .map((choice) => objectOf(choice.delta)),
    )
    const names = deltas.flatMap((delta) =>
      listOf(delta.tool_calls).flatMap((call) => {
        const { name } = objectOf(objectOf(call).function)
        return typeof name === 'string' && name !== '' ? [name] : []
      }),
    )
    const text = deltas.map(({ content }) => (typeof content === 'string' ? content : '')).join('')

    if (failure?.kind === 'server') return
    expect(failure).toBeUndefined()
    const message = messageOf(bytes + tail)
    const content = listOf(message.content).map(objectOf)
    const ours = content.map((block) => (block.type === 'text' ? (block.text as string) : '')).join('')
    if (deltas.every((delta) => !Array.isArray(delta.content))) expect(ours).toBe(text)
    expect(content.filter(({ type }) => type === 'tool_use').map(({ name }) => name)).toEqual(
      new Set(names).size === names.length ? names : expect.anything(),
    )
    if (names.length > 0) expect(message.stop_reason).toMatch(/tool_use|max_tokens/)
  })
})
