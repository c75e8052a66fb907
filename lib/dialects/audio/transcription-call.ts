import type { Json } from '../../core/json.ts'
import type { FormPart } from '../../wire/multipart.ts'
import { besideBounds } from '../beside-bounds.ts'
import type { Bounds } from '../dialect.ts'
import { type FormCall, formCall, type FormInput, isTrue, plainName } from '../form.ts'
import { invalid } from '../fields.ts'
import { secondsOf } from './duration.ts'

/** A file to be written down. */
export type TranscriptionCall = FormCall & {
  file: FormPart
  /** At most: what its container says. */
  seconds: number
  format: string
  stream: boolean
}

/** Reads a form with a file. Throws `invalid_request` with the field and what it should be. */
export function transcriptionCall(input: FormInput): TranscriptionCall {
  const call = formCall(input, 'file')
  const [file, second] = call.files.filter(({ name }) => plainName(name) === 'file')
  // A host would write down either of them, and only one was measured.
  if (second) throw invalid('file', 'more than one part', 'one recording a request; send a request for each')
  if (!file) throw invalid('file', undefined, 'a part with a filename and the bytes of a recording')
  const { contentType } = file
  if (contentType !== undefined && !/^(?:audio\/|video\/|application\/(?:octet-stream|ogg))/i.test(contentType))
    throw invalid('file', contentType, 'a recording: audio/* or video/*, such as audio/wav or audio/mpeg')
  const { response_format: format = 'json', stream } = call.body
  const { temperature } = call.body
  if (temperature !== undefined && !(Number(temperature) >= 0 && Number(temperature) <= 1))
    throw invalid('temperature', temperature, 'a number from 0 to 1')
  if (typeof format !== 'string') throw invalid('response_format', format, 'one name of a format')
  return { ...call, file, seconds: secondsOf(file.body), format, stream: isTrue(stream) }
}

/**
 * Tokens of a second of audio: models that sell them take ten, and nobody says more than twenty in it. A text before it
 * (`prompt`) counts by its bytes, as does whatever else stands in the form (voices to tell apart).
 */
const tokensPerSecond = 20
const framing = 2000
const said = new Set(['model'])

/**
 * What is found in the words beside writing them down is billed on top, each thing by its own price (Deepgram and ElevenLabs,
 * "Pricing"). Who speaks is found for nothing elsewhere, but not by Deepgram's own models.
 */
const billedApart =
  /^(?:redact|keyterms?|summarize|topics|intents|sentiment|custom_(?:topic|intent)|detect_entities|entity_(?:detection|redaction))$/
const deepgramModels = /^(?:nova|enhanced|base|flux)\b/
const isOff = (value: Json): boolean => value === 'false' || value === ''

function extraIn({ body }: TranscriptionCall, model: string): string | undefined {
  const asked = Object.keys(body).filter((name) => !isOff(body[name] ?? ''))
  return asked.find((name) => billedApart.test(name) || (name === 'diarize' && deepgramModels.test(model)))
}

/** For a model of this name. */
export function boundsOf(call: TranscriptionCall, model = ''): Bounds {
  const extra = extraIn(call, model)
  const beside = besideBounds(call.body, said)
  const spoken = Math.ceil(call.seconds * tokensPerSecond) + framing
  return {
    ...beside,
    ...(extra !== undefined && { unbounded: extra }),
    inputTokens: spoken + beside.inputTokens,
    outputCap: spoken,
    choices: 1,
    units: { audioSeconds: Math.ceil(call.seconds) },
  }
}
