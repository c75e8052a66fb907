import * as fc from 'fast-check'
import { type JsonObject, stringOf } from '../../lib/core/json.ts'

/** What a model says, before any provider has put it into its own shape. */
export type Piece =
  | { kind: 'thought'; text: string; seal: string }
  | { kind: 'text'; text: string; cited: { url: string; title: string }[] }
  | { kind: 'call'; id: string; name: string; args: JsonObject }
  /** A search that the provider ran itself. */
  | { kind: 'search'; query: string }
  /** Thoughts that nobody can read; only some providers have them. */
  | { kind: 'sealed'; data: string }
  /** One that the model made; only some can. */
  | { kind: 'picture'; base64: string }
export type Said = {
  pieces: Piece[]
  usage: { prompt: number; cached: number; written: number; completion: number; reasoning: number }
  ended: 'whole' | 'length'
  refusal?: string
  tier?: 'default' | 'priority'
  /** Whether each piece of text is told with how likely it was. */
  likely: boolean
  /** Characters of one event. */
  step: number
}

const words = fc.oneof(
  fc.constantFrom('a', 'Hi. ', 'Ünï 🌦️ ', '{"a": 1}\n', ' '),
  fc.string({ minLength: 1, maxLength: 12 }),
)
const link = fc.record({
  url: fc.constantFrom('https://a.test/1', 'https://b.test/2'),
  title: fc.constantFrom('A', ''),
})
const args = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.oneof(words, fc.integer(), fc.boolean(), fc.constant(null)),
  {
    maxKeys: 3,
  },
)
const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({ kind: fc.constant('thought'), text: words, seal: fc.base64String({ minLength: 8, maxLength: 16 }) }),
  fc.record({ kind: fc.constant('text'), text: words, cited: fc.array(link, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant('text'), text: words, cited: fc.constant([]) }),
  fc.record({ kind: fc.constant('search'), query: words }),
  fc.record({ kind: fc.constant('sealed'), data: fc.base64String({ minLength: 8, maxLength: 16 }) }),
  fc.record({ kind: fc.constant('picture'), base64: fc.base64String({ minLength: 8, maxLength: 16 }) }),
) as fc.Arbitrary<Piece>
const call = fc.record({ name: fc.constantFrom('look', 'find'), args })

/** Answers in the order that models write them: what they think, say and look up, and at last what they call. */
export const said: fc.Arbitrary<Said> = fc
  .record({
    before: fc.array(piece, { maxLength: 4 }),
    calls: fc.array(call, { maxLength: 3 }),
    usage: fc.record({
      plain: fc.integer({ min: 1, max: 999 }),
      cached: fc.nat(99),
      written: fc.nat(99),
      text: fc.nat(998),
      reasoning: fc.nat(99),
    }),
    length: fc.boolean(),
    refusal: fc.option(words),
    tier: fc.option(fc.constantFrom('default' as const, 'priority' as const), { nil: undefined }),
    likely: fc.boolean(),
    step: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ before, calls, usage, length, refusal, tier, likely, step }): Said => {
    const called = calls.map(({ name, args: input }, nth): Piece => ({
      kind: 'call',
      id: `call_${nth}`,
      name,
      args: input,
    }))
    const pieces = [...before, ...called]
    const refuses = refusal !== null && called.length === 0
    return {
      pieces: pieces.length > 0 || refuses ? pieces : [{ kind: 'text', text: 'Hi', cited: [] }],
      usage: {
        prompt: usage.plain + usage.cached + usage.written,
        cached: usage.cached,
        written: usage.written,
        completion: 1 + usage.text + usage.reasoning,
        reasoning: usage.reasoning,
      },
      ended: length && called.length === 0 ? 'length' : 'whole',
      ...(refuses && { refusal }),
      ...(tier && { tier }),
      // A whole reply lists all tokens in one row: whose they are is plain where the texts stand together.
      likely: likely && !/text,(?:\w+,)*(?:thought|sealed|picture)/.test(before.map(({ kind }) => kind).join()),
      step,
    }
  })

/** Answers without what some providers do not have, and some clients cannot be shown. */
export const spoken: fc.Arbitrary<Said> = said.map((answer) => {
  const pieces = answer.pieces.filter(({ kind }) => kind !== 'sealed' && kind !== 'picture')
  const empty = pieces.length === 0 && answer.refusal === undefined
  return { ...answer, pieces: empty ? [{ kind: 'text', text: 'Hi', cited: [] }] : pieces }
})

/** A reply in a provider's shape: the whole document, and the bytes of the stream that tells the same. */
export type Spoken = { whole: JsonObject; stream: Uint8Array }

/** Pieces of a text as events have them: no provider splits a character. */
export function slices(text: string, step: number): string[] {
  const characters = Array.from(text)
  const pieces: string[] = []
  for (let at = 0; at < characters.length; at += step) pieces.push(characters.slice(at, at + step).join(''))
  return pieces
}

export const token = (text: string): JsonObject => ({
  token: text,
  logprob: -text.length / 8,
  bytes: [...Buffer.from(text)],
  top_logprobs: [],
})

export const textOf = ({ pieces }: Said): string => pieces.map((one) => (one.kind === 'text' ? one.text : '')).join('')
export const thoughtOf = ({ pieces }: Said): string =>
  pieces.map((one) => (one.kind === 'thought' ? one.text : '')).join('')
export const callsOf = ({ pieces }: Said): (Piece & { kind: 'call' })[] => pieces.filter((one) => one.kind === 'call')

export const named = (events: readonly JsonObject[]): Buffer =>
  Buffer.from(events.map((event) => `event: ${stringOf(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
export const unnamed = (events: readonly JsonObject[], end = ''): Buffer =>
  Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') + end)
