import { type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { besides, effectiveBody, exchangeOf, given, type Speaker } from '../endpoint.ts'
import { blocked, geminiFailure } from '../gemini/failure.ts'
import { unsupported } from '../unsupported.ts'
import { countOf, type ImagesCall } from './call.ts'
import { nearestRatio, printed } from './printed.ts'

const ratios = ['1:1', '3:4', '4:3', '9:16', '16:9']
const said = `model prompt n size response_format stream image sampleCount aspectRatio outputOptions output_format
  output_compression`.split(/\s+/)
// Pictures in a bucket of the caller's own would never be seen here.
const unknown = ['background', 'moderation', 'partial_images', 'quality', 'style', 'input_fidelity', 'storageUri']

/**
 * Google's models that make nothing but pictures: a prediction (ai.google.dev and Vertex AI, "Imagen"), several at a time. How
 * many is always said: unsaid, Vertex makes four, and bills each. Pictures to edit are references; only some of these models take them.
 */
export const predicted: Speaker<ImagesCall> = (call, options) => {
  const body = effectiveBody(call.body, options)
  const { rest, dropped } = besides(body, said, { unknown, dropParams: options.dropParams })
  const references = referencesOf(call)
  const outputOptions = given({ ...objectOf(body.outputOptions), ...outputOf(body) })
  const parameters = {
    ...(references.length > 0 && { editMode: 'EDIT_MODE_DEFAULT' }),
    ...rest,
    ...given({ aspectRatio: nearestRatio(body.size, ratios) ?? body.aspectRatio }),
    ...(Object.keys(outputOptions).length > 0 && { outputOptions }),
    // Without it, a prompt that was filtered is an answer of nothing.
    includeRaiReason: true,
    sampleCount: countOf(body),
  }
  const instance = { prompt: call.prompt, ...(references.length > 0 && { referenceImages: references }) }
  return exchangeOf(
    {
      body: { instances: [instance], parameters },
      dropped,
      path: { method: 'predict' },
      failure: geminiFailure,
      read: (json) => {
        const predictions = listOf(json.predictions).map(objectOf)
        const pictures = predictions.map(({ bytesBase64Encoded: bytes }) => stringOf(bytes)).filter(Boolean)
        const reason = predictions.map(({ raiFilteredReason: filtered }) => stringOf(filtered)).find(Boolean)
        if (pictures.length === 0 && reason !== undefined) return { failure: blocked({ blockReason: reason }) }
        return printed(call, options, { pictures })
      },
    },
    options,
  )
}

/** `jpeg` with a compression of 0 to 100. */
const outputOf = ({ output_format: format, output_compression: compression }: JsonObject): JsonObject =>
  given({
    mimeType: typeof format === 'string' ? `image/${format}` : undefined,
    compressionQuality: typeof compression === 'string' ? Number(compression) : compression,
  })

/** A mask of OpenAI's marks what is to change by being transparent there, one of Google's by being white. */
const referencesOf = ({ form }: ImagesCall): JsonObject[] =>
  (form?.files ?? []).map(({ name, body }, at) => {
    if (name === 'mask') throw unsupported('mask')
    const bytes = Buffer.from(body).toString('base64')
    return {
      referenceType: 'REFERENCE_TYPE_RAW',
      referenceId: at + 1,
      referenceImage: { bytesBase64Encoded: bytes },
    }
  })
