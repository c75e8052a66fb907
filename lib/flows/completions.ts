import type { Call } from '../core/http.ts'
import { asChat, toldAsCompletions } from '../dialects/completions/as-chat.ts'
import type { CompletionsCall } from '../dialects/completions/index.ts'
import { exchange } from '../dialects/exchange.ts'
import { boundsOf } from '../dialects/openai/bounds.ts'
import { withDefaults } from '../dialects/openai/pass-body.ts'
import type { Caller } from '../steps/authenticate.ts'
import type { Task } from '../steps/task.ts'
import { common } from './task.ts'

/** A completion for models that only chat: any dialect can serve it, and it is booked as what the client called. */
export function completionsTask(call: Call, caller: Caller, read: CompletionsCall): Task {
  const chat = asChat(read)
  return {
    ...common(call, caller, read.body),
    callType: 'completions',
    kind: 'chat',
    clientDialect: 'openai',
    reasonedTools: false,
    model: chat.model,
    stream: chat.stream,
    boundsWith: (params) => boundsOf(withDefaults(chat.body, params)),
    bind: async (upstream, options) => toldAsCompletions(await exchange({ client: 'openai', upstream }, chat, options)),
  }
}
