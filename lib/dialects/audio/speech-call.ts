import type { Json } from '../../core/json.ts'
import { besideBounds } from '../beside-bounds.ts'
import type { Bounds } from '../dialect.ts'
import type { PlainCall } from '../endpoint.ts'
import { expectField, invalid, modelOf, range, textField } from '../fields.ts'
import { readBody } from '../read-body.ts'
import { withDefaults } from '../openai/pass-body.ts'

/** A text to be spoken. `events`: the client wants events with audio in them. */
export type SpeechCall = PlainCall & { input: string; voice: string; format: string; events: boolean }

/** Reads a speech request. Throws `invalid_json` or `invalid_request` with the field and what it should be. */
export function speechCall(text: string): SpeechCall {
  const read = readBody(text)
  const { body } = read
  const model = modelOf(body)
  const { input, voice, response_format: format = 'mp3', stream_format: stream } = body
  if (typeof input !== 'string' || input === '') throw invalid('input', input, 'the text to speak, and not empty')
  expectField('response_format', format, textField)
  expectField('instructions', body.instructions, textField)
  expectField('speed', body.speed, range(0.25, 4))
  expectField('stream_format', stream, {
    words: "'audio' or 'sse'",
    is: (value) => value === 'audio' || value === 'sse',
  })
  return {
    ...read,
    model,
    input,
    voice: nameOf(voice),
    format: typeof format === 'string' ? format : 'mp3',
    events: stream === 'sse',
  }
}

/** A voice is a name, or an object with the id of one's own. */
function nameOf(voice: Json | undefined): string {
  if (voice === undefined || voice === null) return ''
  if (typeof voice === 'string') return voice
  if (typeof voice === 'object' && !Array.isArray(voice) && typeof voice.id === 'string') return voice.id
  throw invalid('voice', voice, "the name of a voice, or an object with its 'id'")
}

const framing = 32
const said = new Set(['input'])

/**
 * Characters are counted as UTF-16 has them, which is never fewer than any provider counts. Who sells tokens of audio says only
 * by the model's largest answer how many they can be.
 */
export function boundsOf(call: SpeechCall, params: Record<string, Json>): Bounds {
  const beside = besideBounds(withDefaults(call.body, params), said)
  return {
    ...beside,
    inputTokens: Buffer.byteLength(call.input) + beside.inputTokens + framing,
    choices: 1,
    units: { characters: call.input.length },
  }
}
