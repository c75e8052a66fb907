import { type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { besides, effectiveBody, exchangeOf, given, type Speaker } from '../endpoint.ts'
import { blocked, geminiFailure } from '../gemini/failure.ts'
import { ownConfig } from '../gemini/own-config.ts'
import { usageReader } from '../gemini/usage.ts'
import { predicted } from './imagen.ts'
import { unsupported } from '../unsupported.ts'
import { countOf, type ImagesCall } from './call.ts'
import { nearestRatio, printed } from './printed.ts'

const ratios = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9']
const said = `model prompt n size response_format stream imageSize generationConfig generation_config contents`.split(
  ' ',
)
const unknown = [
  'background',
  'moderation',
  'output_compression',
  'output_format',
  'partial_images',
  'quality',
  'style',
]

/** Google's models of the other kind make nothing but pictures, and are asked by another method. */
const isImagen = (model: string): boolean => /^image(?:n|generation)\b/.test(model)

/** Google's picture models, of both kinds. */
export const gemini: Speaker<ImagesCall> = (call, options) => {
  if (call.stream) throw unsupported('stream', true)
  return (isImagen(options.upstreamModel) ? predicted : generated)(call, options)
}

/** An ordinary answer whose parts are pictures, one a request. Pictures to edit stand beside the prompt. */
const generated: Speaker<ImagesCall> = (call, options) => {
  const body = effectiveBody(call.body, options)
  if (countOf(body) > 1) throw unsupported('n', body.n)
  const { rest, dropped } = besides(body, said, { unknown, dropParams: options.dropParams })
  const aspectRatio = nearestRatio(body.size, ratios)
  const imageConfig = given({ aspectRatio, imageSize: body.imageSize })
  const generationConfig = {
    responseModalities: ['IMAGE'],
    ...(Object.keys(imageConfig).length > 0 && { imageConfig }),
    ...ownConfig(body),
  }
  const parts = [...picturesOf(call), { text: call.prompt }]
  const usage = usageReader()
  return exchangeOf(
    {
      body: { ...rest, contents: [{ role: 'user', parts }], generationConfig },
      dropped,
      path: { method: 'generateContent' },
      failure: geminiFailure,
      read: (json) => {
        if (objectOf(json.promptFeedback).blockReason) return { failure: blocked(objectOf(json.promptFeedback)) }
        const found = usage(json.usageMetadata)
        return printed(call, options, { pictures: picturesIn(json), ...(found && { usage: found }) })
      },
    },
    options,
  )
}

const picturesOf = ({ form }: ImagesCall): JsonObject[] =>
  (form?.files ?? []).map(({ name, contentType, body }) => {
    if (name === 'mask') throw unsupported('mask')
    return { inlineData: { mimeType: contentType ?? 'image/png', data: Buffer.from(body).toString('base64') } }
  })

const picturesIn = (json: JsonObject) =>
  listOf(json.candidates).flatMap((candidate) =>
    listOf(objectOf(objectOf(candidate).content).parts).map((part) =>
      stringOf(objectOf(objectOf(part).inlineData).data),
    ),
  )
