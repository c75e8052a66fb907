import { createHash } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { boundaryOf, FormError, type FormPart, parseForm, printForm } from '../wire/multipart.ts'
import type { ExchangeOptions } from './dialect.ts'
import { withDefaults } from './openai/pass-body.ts'
import { isPrivate } from './openai/pass-private.ts'
import { unsupported } from './unsupported.ts'

/** A request that came as a form: its files, and its other fields as a JSON body would have them. */
export type FormCall = { parts: FormPart[]; files: FormPart[]; body: JsonObject; model: string }

export type FormInput = { bytes: Uint8Array; contentType: string | undefined; model?: string | undefined }

/** Reads a form. `fileField`: what the file must be called. Throws `invalid_request` with the field and what is wrong. */
export function formCall({ bytes, contentType, model: ofPath }: FormInput, fileField: string): FormCall {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined)
    throw invalid(
      'content-type',
      `is ${JSON.stringify(contentType ?? null)}; send the file as multipart/form-data with a boundary`,
    )
  const parts = partsOf(bytes, boundary)
  const files = parts.filter(({ filename }) => filename !== undefined)
  const body = fieldsOf(parts.filter(({ filename }) => filename === undefined))
  const model = ofPath ?? body.model
  if (typeof model !== 'string' || model === '')
    throw invalid('model', 'is missing; add a field with the name of a model')
  const file = files.find(({ name }) => plainName(name) === fileField)
  if (!file) throw invalid(fileField, `is missing; add a part named ${fileField} with a filename and the file's bytes`)
  if (file.body.length === 0) throw invalid(fileField, 'is empty; send the bytes of the file')
  return { parts, files, body: { ...body, model }, model }
}

function partsOf(bytes: Uint8Array, boundary: string): FormPart[] {
  try {
    return parseForm(bytes, boundary)
  } catch (error) {
    if (!(error instanceof FormError)) throw error
    throw new GatewayError('invalid_request', {
      message: `The body is not a multipart form: ${error.message}. Let the client's library write body and content-type.`,
      param: 'request_body',
      cause: error,
    })
  }
}

/** `image[]` is one of a list of `image`. */
export const plainName = (name: string): string => name.replace(/\[\]$/, '')

const textOf = ({ body }: FormPart): string =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')

/** A name that comes twice, or ends in brackets, is a list. */
function fieldsOf(parts: readonly FormPart[]): JsonObject {
  const fields: JsonObject = {}
  for (const part of parts) {
    const name = plainName(part.name)
    const before = fields[name]
    const list = Array.isArray(before) ? before : before === undefined ? [] : [before]
    fields[name] = name !== part.name || before !== undefined ? [...list, textOf(part)] : textOf(part)
  }
  return fields
}

const invalid = (param: string, problem: string): GatewayError =>
  new GatewayError('invalid_request', { message: `'${param}' ${problem}.`, param })

/** A number that a form writes as text. Throws where it is none. */
export function wholeNumber(body: JsonObject, name: string): number | undefined {
  const value = body[name]
  if (value === undefined) return undefined
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= 1) return number
  throw invalid(name, `is ${JSON.stringify(value).slice(0, 60)}; expected a whole number, 1 or more`)
}

export const isTrue = (value: Json | undefined): boolean => value === true || value === 'true'

/** The fields with the deployment's defaults, without what is for the gateway. */
export function effectiveFields(call: Pick<FormCall, 'body'>, options: ExchangeOptions): JsonObject {
  const { params, additionalDropParams: left, upstreamModel } = options
  const all = Object.entries(withDefaults(call.body, params)).filter(
    ([name]) => !isPrivate(name) && !left.includes(name),
  )
  return { ...Object.fromEntries(all), model: upstreamModel }
}

/**
 * The form for a host of OpenAI's shape: `model` has the provider's name, defaults come in, what is for the gateway goes; every
 * other part, files above all, is sent as the view of the request that it is.
 */
export function printedForm(call: FormCall, options: ExchangeOptions) {
  const dropped = (options.flags.refusedParams ?? []).filter((name) => call.body[name] !== undefined)
  if (dropped[0] !== undefined && !options.dropParams) throw unsupported(dropped[0], call.body[dropped[0]])
  const fields = effectiveFields(call, options)
  const kept = call.parts.filter(({ name, filename }) => {
    const plain = plainName(name)
    return filename !== undefined || (plain in fields && plain !== 'model' && !dropped.includes(plain))
  })
  const added = Object.entries(fields).filter(([name]) => name === 'model' || !(name in call.body))
  const parts = [...added.map(([name, value]) => textPart(name, value)), ...kept]
  return { ...formOf(parts, options.requestId), dropped }
}

/** Any parts as a form to send. */
export function formOf(parts: readonly FormPart[], requestId: string) {
  const boundary = `purser-${createHash('sha256').update(requestId).digest('hex').slice(0, 32)}`
  return {
    body: '',
    pieces: printForm(parts, boundary),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  }
}

export const textPart = (name: string, value: Json): FormPart => ({
  name,
  body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
})
