import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import type { ClientDialect, DialectName, Exchange } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { type Said, spoken } from '../support/spoken.ts'
import { speakers } from '../support/spoken-tongues.ts'
import { accumulated, callOf, exchangeOptions, messageOf, streamed } from '../support/translated.ts'

const image = 'data:image/png;base64,iVBORw0KGgo='
const words = fc.oneof(fc.constantFrom('Hi', 'Ünï 🌦️', '{"a":1}'), fc.stringMatching(/^[a-z ]{0,6}[a-z]$/))
const content = fc.array(
  fc.oneof(
    words.map((text): JsonObject => ({ type: 'text', text })),
    fc.constant<JsonObject>({ type: 'image_url', image_url: { url: image } }),
  ),
  { minLength: 1, maxLength: 3 },
)
const names = ['look', 'mcp.server:tool', 'y'.repeat(80)]
const ids = ['call_1', 'functions.look:0', 'toolu_01', 'x'.repeat(70)]
const call = fc.record({
  name: fc.constantFrom(...names),
  args: fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), words, { maxKeys: 2 }),
})
const turn = fc.record({
  asked: fc.oneof(words, content),
  text: fc.option(words),
  calls: fc.array(call, { maxLength: 3 }),
  answers: fc.array(words, { minLength: 3, maxLength: 3 }),
})
const conversation = fc
  .record({ system: fc.option(words), turns: fc.array(turn, { minLength: 1, maxLength: 3 }), asked: words })
  .map(({ system, turns, asked }): JsonObject[] => [
    ...(system === null ? [] : [{ role: 'system', content: system }]),
    ...turns.flatMap(({ asked: question, text, calls, answers }, at): JsonObject[] => [
      { role: 'user', content: question },
      {
        role: 'assistant',
        content: text ?? (calls.length > 0 ? null : 'Well.'),
        ...(calls.length > 0 && {
          tool_calls: calls.map(({ name, args }, nth) => ({
            id: `${ids[nth]}${at}`,
            type: 'function',
            function: { name, arguments: JSON.stringify(args) },
          })),
        }),
      },
      ...calls.map((_, nth) => ({ role: 'tool', tool_call_id: `${ids[nth]}${at}`, content: answers[nth] ?? '' })),
    ]),
    { role: 'user', content: asked },
  ])

/** What a conversation says, however it is written: neighbours of one side are one turn. */
function meaning(messages: readonly JsonObject[]): JsonObject[] {
  const turns: JsonObject[] = []
  for (const { role, content: given, tool_calls: calls, tool_call_id: id } of messages) {
    const parts = typeof given === 'string' ? [{ type: 'text', text: given }] : listOf(given).map(objectOf)
    const plain = parts.map((part) => stringOf(part.text) ?? JSON.stringify(part.image_url ?? null))
    const said = plain.filter((text) => text !== '')
    const called = listOf(calls)
      .map(objectOf)
      .map(({ id: of, function: what }) => {
        const { name, arguments: args } = objectOf(what)
        return { id: of ?? '', name: name ?? '', args: tryParse(stringOf(args) ?? '') ?? null }
      })
    const last = turns.at(-1)
    if (last && last.role === role && role === 'user') last.said = [...listOf(last.said), ...said]
    else
      turns.push({
        role: role === 'developer' ? 'system' : (role ?? ''),
        said,
        called,
        ...(id !== undefined && { id }),
      })
  }
  return turns
}

/** As far as a host takes names (letters, digits, `_`, `-`; 64 of them): legal ones as they are, others marked by a hash. */
const fitted = [
  'look',
  expect.stringMatching(/^mcp_server_tool_[0-9a-f]{8}$/),
  expect.stringMatching(/^y{55}_[0-9a-f]{8}$/),
  'find',
] as unknown[]
const fit = (name: unknown) => fitted[names.indexOf(String(name))] ?? name

const models: Partial<Record<DialectName, string>> = {
  anthropic: 'claude-sonnet-4-5',
  responses: 'gpt-5.4',
  openai: 'llama',
}
const parameters = { type: 'object', properties: { a: { type: 'string' } } }
const tools = [...names, 'find'].map((name) => ({ type: 'function', function: { name, description: 'd', parameters } }))

const bind = (client: ClientDialect, upstream: DialectName, body: JsonObject): Promise<Exchange> =>
  exchange(
    { client, upstream },
    callOf(body),
    exchangeOptions({
      upstreamModel: models[upstream] ?? 'm',
      publicModel: 'public',
      requestId: '0'.repeat(32),
      flags: upstream === 'openai' ? { streamUsage: true } : {},
    }),
  )

/** Chat, the tongue between, chat: what the client asks one gateway, that gateway another, and that one its host. */
async function chain(
  between: 'anthropic' | 'responses',
  body: JsonObject,
): Promise<{ near: Exchange; far: Exchange; sent: JsonObject }> {
  const near = await bind('openai', between, { model: 'm', ...body })
  const far = await bind(between, 'openai', JSON.parse(near.body) as JsonObject)
  return { near, far, sent: JSON.parse(far.body) as JsonObject }
}

describe.each(['anthropic', 'responses'] as const)('a chat through %s and back', (between) => {
  test('asks the host what its client asked', async () => {
    await fc.assert(
      fc.asyncProperty(conversation, async (messages) => {
        const { sent } = await chain(between, { messages, tools })

        const named = meaning(messages).map((one) => ({
          ...one,
          called: listOf(one.called).map((of) => ({ ...objectOf(of), name: fit(objectOf(of).name) })),
        }))
        expect(meaning(listOf(sent.messages).map(objectOf))).toEqual(named)
        const offered = listOf(sent.tools).map((tool) => objectOf(objectOf(tool).function))
        expect(offered).toMatchObject(tools.map(() => ({ description: 'd', parameters })))
        expect(offered.map(({ name }) => name)).toEqual(fitted)
      }),
      { numRuns: 40 },
    )
  })

  test.each(['auto', 'none', 'required', { type: 'function', function: { name: 'look' } }] as const)(
    'chooses tools as its client did: %j',
    async (tool_choice) => {
      const { sent } = await chain(between, { messages: [{ role: 'user', content: 'Hi' }], tools, tool_choice })

      expect(sent.tool_choice).toEqual(tool_choice)
    },
  )

  test('wants what its client wanted', async () => {
    const wanted = { temperature: 0.5, max_tokens: 77, parallel_tool_calls: false }
    const { sent } = await chain(between, {
      messages: [{ role: 'user', content: 'Hi' }],
      tools,
      ...(between === 'responses' ? { ...wanted, temperature: undefined } : wanted),
    } as JsonObject)

    expect(sent).toMatchObject({ max_tokens: 77, parallel_tool_calls: false })
  })

  const kept = ({ content: text, reasoning, refusal, calls, finish, usage }: ReturnType<typeof messageOf>) => ({
    // Where a tongue has no place of its own for it, a refusal is told as text.
    text: between === 'anthropic' ? text + refusal : text,
    refusal: between === 'anthropic' ? '' : refusal,
    reasoning,
    calls,
    finish: between === 'anthropic' && refusal !== '' && finish === 'stop' ? 'content_filter' : finish,
    usage: [
      usage?.prompt_tokens,
      usage?.completion_tokens,
      objectOf(usage?.prompt_tokens_details ?? null).cached_tokens,
    ],
  })
  /** Ids and names such as hosts and clients have; `as`: what the host knows the tools by. */
  const calling = (answer: Said, as: readonly unknown[]): Said => {
    let nth = -1
    const pieces = answer.pieces.map((one) => {
      if (one.kind !== 'call') return one
      nth++
      return { ...one, id: ids[nth] ?? one.id, name: String(as[nth]) }
    })
    return { ...answer, pieces }
  }
  const offeredBy = ({ tools: offered }: JsonObject) =>
    listOf(offered).map((tool) => objectOf(objectOf(tool).function).name)

  test('is told what the host said, whole', async () => {
    const { near, far, sent } = await chain(between, { messages: [{ role: 'user', content: 'Hi' }], tools })
    fc.assert(
      fc.property(spoken, (answer) => {
        const { whole } = speakers.openai(calling(answer, names))
        const heard = speakers.openai(calling(answer, offeredBy(sent)))
        const once = far.whole(Buffer.from(JSON.stringify(heard.whole)))
        if ('failure' in once) throw new Error(once.failure.message)
        const twice = near.whole(Buffer.from(String(once.body)))
        if ('failure' in twice) throw new Error(twice.failure.message)

        expect(kept(messageOf(String(twice.body)))).toEqual(kept(messageOf(JSON.stringify(whole))))
      }),
      { numRuns: 40 },
    )
  })

  test('is told what the host said, streamed', async () => {
    const { near, far, sent } = await chain(between, {
      messages: [{ role: 'user', content: 'Hi' }],
      tools,
      stream: true,
      stream_options: { include_usage: true },
    })
    fc.assert(
      fc.property(spoken, (answer) => {
        const { whole } = speakers.openai(calling(answer, names))
        const heard = speakers.openai(calling(answer, offeredBy(sent)))
        const once = streamed(far, [heard.stream])
        const twice = streamed(near, [Buffer.from(once.bytes + once.tail)])

        expect([once.failure, twice.failure, twice.finished]).toEqual([undefined, undefined, true])
        expect(kept(accumulated(twice.bytes + twice.tail))).toEqual(kept(messageOf(JSON.stringify(whole))))
      }),
      { numRuns: 40 },
    )
  })
})
