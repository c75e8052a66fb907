import { isStream, type Reply } from '../core/http.ts'
import { listener, type Listener } from '../steps/content-output.ts'
import { fitted } from '../steps/content-fit.ts'
import { blockMessages, itemMessages } from '../steps/content-blocks.ts'
import { inputMessages } from '../steps/content-input.ts'
import type { Job } from '../steps/job.ts'
import type { Answered } from '../steps/send.ts'
import { placeOf, traceHeaders } from '../steps/trace-context.ts'

/** The bus takes 256 KB an entry; both parts and their frame stay well below it. */
const mostInputBytes = 110_000
const mostOutputBytes = 70_000

/** What was asked, in each of the tongues that clients speak. */
const inputOf = { openai: inputMessages, anthropic: blockMessages, responses: itemMessages }

/**
 * The reply with a listener, for a config that wants content in telemetry (`capture_message_content`), unless the caller has
 * said otherwise. What was said is told after the last byte and after the money; that it could not be told is a line in the
 * log and nothing else.
 */
export function captured(job: Job, { attempt }: Answered, reply: Reply): Reply {
  const { tellContent, log, clock } = job.ports
  const { conversation } = job.task
  const trace = traceHeaders(job.call.headers)
  const place = placeOf({ request_id: job.call.requestId, ...trace })
  if (!tellContent || !conversation || !wanted(job) || !place.sampled) return reply
  const ear = listener()
  if (!isStream(reply.body)) ear.whole(reply.body)
  const tell = async () => {
    const input = fitted(inputOf[job.task.clientDialect](conversation), mostInputBytes)
    const output = fitted(ear.messages(), mostOutputBytes)
    await tellContent({
      version: 1,
      id: attempt.admission.id,
      request_id: job.call.requestId,
      at: clock.now(),
      call_type: job.task.callType,
      provider: attempt.provider.id,
      upstream_model: attempt.model,
      input: input.messages,
      output: output.messages,
      truncated: input.truncated || output.truncated,
      ...trace,
    })
  }
  const done = async () => {
    try {
      await reply.done?.()
    } finally {
      await tell().catch((error: unknown) => {
        const reason = error instanceof Error ? error.name : 'unknown'
        log('warn', 'content could not be told to telemetry', { request_id: job.call.requestId, reason })
      })
    }
  }
  return { ...reply, body: isStream(reply.body) ? overheard(reply.body, ear) : reply.body, done }
}

/** LiteLLM's ways for a caller to keep what it says out of logs. */
function wanted({ call, task }: Job): boolean {
  const said = (name: string) => call.headers[name]?.toLowerCase() === 'true'
  const redacted = said('x-litellm-enable-message-redaction') || said('litellm-enable-message-redaction')
  return !redacted && task.conversation?.['no-log'] !== true
}

async function* overheard(body: AsyncIterable<Uint8Array>, ear: Listener): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    ear.push(chunk)
    yield chunk
  }
}
