import type { ChatPart } from '../../core/chat.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { encodeSse } from '../../wire/sse.ts'
import type { StreamPrinter } from '../stream-printer.ts'
import type { ReplyMeta } from '../tongue.ts'
import { printTier } from '../service-tier.ts'
import { answerPrinter } from './functions.ts'
import { addTokens } from './reply.ts'
import { printUsage } from './usage.ts'

/**
 * Parts to `chat.completion.chunk` events. The role comes once, with the first piece of the answer; the finish waits for
 * the end of the stream, because usage may follow it and late calls change it.
 */
export function streamPrinter(meta: ReplyMeta): StreamPrinter {
  const others = new Map<number, ChoicePrinter>()
  const first = choicePrinter(0, { begun: meta.resumed !== undefined, request: meta.request })
  let model = meta.model
  let usage: Usage | undefined
  let tier = ''
  let head: string | undefined
  // Written once: a stream has thousands of chunks that differ in what follows alone.
  const headOf = (): string =>
    `{"id":${JSON.stringify(meta.id)},"object":"chat.completion.chunk","created":${meta.created},"model":${JSON.stringify(model ?? '')},"choices":`
  const chunk = (choices: JsonObject[], rest = ''): Uint8Array => {
    head ??= headOf()
    return encodeSse(`${head}${JSON.stringify(choices)}${rest}}`)
  }
  const each = (choices: JsonObject[]): Uint8Array[] => choices.map((one) => chunk([one]))
  const other = ({ index, part }: ChatPart & { type: 'choice' }): JsonObject[] => {
    const printer = others.get(index) ?? choicePrinter(index, { begun: false, request: meta.request })
    others.set(index, printer)
    if (part.type !== 'finish') return printer.print(part)
    const { choices, last } = printer.finish(part)
    return [...choices, last]
  }

  return {
    print(part) {
      if (part.type === 'start') model ??= part.model
      if (part.type === 'usage') usage = part.usage
      if (part.type === 'tier') tier = Object.entries(printTier(part)).map(member).join('')
      const bytes = each(part.type === 'choice' ? other(part) : first.print(part))
      return { bytes, content: bytes.length > 0 }
    },
    finish(part) {
      const { choices, last } = first.finish(part)
      const tail = [chunk([last], tier)]
      if (meta.includeUsage && usage)
        tail.push(chunk([], `${tier},"usage":${JSON.stringify(printUsage(usage, meta.dollars))}`))
      tail.push(encodeSse('[DONE]'))
      return { bytes: each(choices), tail }
    },
  }
}

const member = ([name, value]: [string, Json]): string => `,${JSON.stringify(name)}:${JSON.stringify(value)}`

type ChoicePrinter = {
  print(part: ChatPart): JsonObject[]
  finish(part: ChatPart & { type: 'finish' }): { choices: JsonObject[]; last: JsonObject }
}

/** The chunks of one choice. How likely its tokens were stands beside the text that follows, or at the end. */
function choicePrinter(
  index: number,
  { begun, request }: { begun: boolean; request: JsonObject | undefined },
): ChoicePrinter {
  const deltas = answerPrinter(request)
  let roleSent = begun
  let logprobs: JsonObject | null = null
  const role = (): JsonObject => {
    roleSent = true
    return choice({ role: 'assistant', content: '' })
  }
  const choice = (delta: JsonObject, finish: string | null = null): JsonObject => ({
    index,
    delta,
    finish_reason: finish,
  })
  const likely = (printed: JsonObject): JsonObject => {
    if (logprobs === null) return printed
    const full = { ...printed, logprobs }
    logprobs = null
    return full
  }
  const printed = (of: JsonObject[]): JsonObject[] => {
    const choices = of.map((delta) => (holdsText(delta) ? likely(choice(delta)) : choice(delta)))
    return choices.length > 0 && !roleSent ? [role(), ...choices] : choices
  }
  return {
    print(part) {
      if (part.type === 'logprobs') logprobs = addTokens(logprobs, part)
      return printed(deltas.print(part))
    },
    finish(part) {
      const end = deltas.finish(part)
      const choices = printed(end.deltas)
      if (!roleSent) choices.push(role())
      const native = { provider_specific_fields: { native_finish_reason: part.native } }
      return { choices, last: likely(choice(native, end.reason)) }
    },
  }
}

const holdsText = ({ content, refusal }: JsonObject): boolean => content !== undefined || refusal !== undefined

/** An in-band error. No `[DONE]` follows and no finish reason: clients throw on it, and none can take it for an end. */
export const printStreamError = (error: { error: Record<string, unknown> }): Uint8Array =>
  encodeSse(JSON.stringify(error))
