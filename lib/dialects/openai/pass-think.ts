import type { ChatCall, Exchange, ExchangeOptions } from '../dialect.ts'
import { translator } from '../translate.ts'
import { openai } from './index.ts'
import { passThrough } from './passthrough.ts'
import { openaiUpstream } from './upstream.ts'

const translate = translator(openai, openaiUpstream)

/** For hosts that leave reasoning in the text, or give parts for it: the request passes, the reply is read and told anew. */
export function passThinking(call: ChatCall, options: ExchangeOptions): Exchange {
  const passed = passThrough(call, options)
  const { n = options.params.n ?? null } = call.body
  const { reasoningResponse } = options.flags
  const asked = { ...call, text: '{}', body: { messages: [], n, stream: call.stream } }
  const flags = reasoningResponse === undefined ? {} : { reasoningResponse }
  const told = translate(asked, { ...options, params: {}, flags })
  return { ...passed, whole: (body) => told.whole(body), stream: () => told.stream() }
}
