import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatPart, ChatRequest } from '../../lib/core/chat.ts'
import { printMessages } from '../../lib/dialects/openai/upstream-messages.ts'
import { prefilled, seam } from '../../lib/dialects/resume.ts'

const request = (messages: ChatRequest['messages']): ChatRequest => ({
  messages,
  tools: [],
  stream: true,
  includeUsage: true,
  rest: {},
})
const asked: ChatRequest['messages'][number] = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }
const usage = { prompt: 10, completion: 4 }
const text = (of: string, block = 0): ChatPart => ({ type: 'text', block, text: of })
const finish: ChatPart = { type: 'finish', reason: 'stop', native: 'stop' }
const wordsOf = (parts: readonly ChatPart[]) => parts.flatMap((p) => (p.type === 'text' ? [p.text] : [])).join('')

/** What a deployment is given of a text, and what the client gets of the rest that it answers with, in these pieces. */
function continued(sent: string, pieces: readonly string[]): ChatPart[] {
  const join = seam({ text: sent, usage })
  return [...pieces.map((piece) => text(piece)), finish].flatMap((part) => join(part))
}

describe('an answer that goes on elsewhere', () => {
  it('is the whole answer, wherever it broke off and however the rest is cut into pieces', () => {
    const words = fc.stringMatching(/^(?:[a-z]{1,6}[ \n]{1,3}){8,30}$/)
    const property = fc.property(words, fc.nat(), fc.array(fc.integer({ min: 1, max: 9 })), (answer, cut, sizes) => {
      const at = 1 + (cut % (answer.length - 1))
      const sent = answer.slice(0, at)
      const [message] = prefilled(request([asked]), { text: sent }).messages.slice(-1)
      const prefill =
        message?.role === 'assistant' && message.content[0]?.type === 'text' ? message.content[0].text : ''
      const rest = answer.slice(prefill.length)
      const pieces: string[] = []
      for (let from = 0, n = 0; from < rest.length; n++) {
        const size = sizes[n % Math.max(sizes.length, 1)] ?? 4
        pieces.push(rest.slice(from, from + size))
        from += size
      }

      fc.pre(!rest.trimStart().startsWith(answer.trimStart().slice(0, 24)))
      expect(sent + wordsOf(continued(sent, pieces))).toBe(answer)
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('that begins anew is a failure, and none of it is sent', () => {
    const sent = 'The first thing to know about it is that'
    const parts = continued(sent, ['The fir', 'st thing to know', ' about it is that it'])

    expect(parts.find((part) => part.type === 'failure')).toMatchObject({ failure: { kind: 'malformed' } })
    expect(parts.findIndex((part) => part.type === 'text')).toBe(-1)
  })

  it('keeps a rest that is shorter than what tells the two apart', () => {
    expect(wordsOf(continued('A long enough beginning of it, and ', [' so', ' on']))).toBe('so on')
  })

  it('has one usage: of both parts', () => {
    const join = seam({ text: 'Yes', usage })

    expect(join({ type: 'usage', usage: { prompt: 14, completion: 6, cached: 3 } })).toEqual([
      { type: 'usage', usage: { prompt: 24, completion: 10, cached: 3 } },
    ])
    expect(join({ type: 'start', id: 'another' })).toEqual([])
  })

  it('goes on in the client’s open block, and numbers others behind it', () => {
    const printed = { printer: undefined as never, block: 3 }
    const join = seam({ text: 'Yes', usage, printed })
    const call: ChatPart = { type: 'call', block: 1, id: 'c', name: 'f' }

    expect([text(', so'), text(' on'), call].flatMap((part) => join(part))).toMatchObject([
      { type: 'text', block: 3 },
      { type: 'text', block: 3 },
      { type: 'call', block: 4 },
    ])
    expect(seam({ text: 'Yes', usage, printed })({ ...call, block: 0 })).toMatchObject([{ block: 4 }])
  })
})

describe('the request for the rest', () => {
  it('ends with what was sent, as the assistant’s turn, without white space at its end', () => {
    expect(prefilled(request([asked]), { text: 'Yes, \n' }).messages).toEqual([
      asked,
      { role: 'assistant', content: [{ type: 'text', text: 'Yes,' }] },
    ])
  })

  it('is one text with a beginning that the client itself gave', () => {
    const own: ChatRequest['messages'][number] = { role: 'assistant', content: [{ type: 'text', text: '{"a":' }] }

    expect(prefilled(request([asked, own]), { text: ' 1,' }).messages).toEqual([
      asked,
      { role: 'assistant', content: [{ type: 'text', text: '{"a": 1,' }] },
    ])
    expect(own.content).toHaveLength(1)
  })

  it('is marked for hosts that go on from such a turn only then', () => {
    const { messages } = prefilled(request([asked]), { text: 'Yes,' })
    const common = {
      upstreamModel: 'm',
      outputCap: 9,
      maxOutputTokens: 9,
      dropParams: false,
      native: {},
      requestId: 'r1',
    }

    expect(printMessages(messages, { ...common, flags: { prefillMark: 'prefix' } }).at(-1)).toEqual({
      role: 'assistant',
      content: 'Yes,',
      prefix: true,
    })
    expect(printMessages(messages, { ...common, flags: {} }).at(-1)).toEqual({ role: 'assistant', content: 'Yes,' })
    expect(printMessages([asked], { ...common, flags: { prefillMark: 'prefix' } }).at(-1)).not.toHaveProperty('prefix')
  })
})
