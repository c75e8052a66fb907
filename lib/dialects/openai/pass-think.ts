import type { ChatCall, Exchange, ExchangeOptions } from '../dialect.ts'
import { translator } from '../translate.ts'
import { unsupported } from '../unsupported.ts'
import { openai } from './index.ts'
import { passThrough } from './passthrough.ts'
import { openaiUpstream } from './upstream.ts'

const translate = translator(openai, openaiUpstream)

/**
 * For hosts that leave reasoning in the text, or give parts for it: the request passes, the reply is read and told anew. One
 * choice alone: the hub knows no more.
 */
export function passThinking(call: ChatCall, options: ExchangeOptions): Exchange {
  const passed = passThrough(call, options)
  const { n = options.params.n } = call.body
  const { reasoningResponse } = options.flags
  if (typeof n === 'number' && n > 1) {
    // Parts can be told from text; reasoning that is text cannot, and would be taken for the answer.
    if (reasoningResponse === 'think_tags') throw unsupported('n', n)
    return passed
  }
  const asked = { ...call, text: '{}', body: { messages: [], stream: call.stream } }
  const flags = reasoningResponse === undefined ? {} : { reasoningResponse }
  const told = translate(asked, { ...options, params: {}, flags })
  return { ...passed, whole: (body) => told.whole(body), stream: () => told.stream() }
}
