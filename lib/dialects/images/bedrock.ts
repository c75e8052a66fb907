import { type JsonObject, listOf, stringOf } from '../../core/json.ts'
import { awsFailure } from '../converse/failure.ts'
import { besides, effectiveBody, exchangeOf, given, type Speaker } from '../endpoint.ts'
import { malformed } from '../broken-reply.ts'
import { unsupported } from '../unsupported.ts'
import { countOf, type ImagesCall } from './call.ts'
import { nearestRatio, printed, sidesOf } from './printed.ts'

const said = ['model', 'prompt', 'n', 'size', 'quality', 'response_format', 'stream']
const unknown = ['background', 'moderation', 'output_compression', 'output_format', 'partial_images', 'style']
const stabilityRatios = ['16:9', '1:1', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21']

/** Picture models behind Bedrock's InvokeModel: Amazon's own by their task, Stability's by a flat prompt. */
export const bedrock: Speaker<ImagesCall> = (call, options) => {
  if (call.stream) throw unsupported('stream', true)
  const body = effectiveBody(call.body, options)
  const { rest, dropped } = besides(body, said, { unknown, dropParams: options.dropParams })
  const stability = /stability/.test(options.baseModel ?? options.upstreamModel)
  const sent = stability ? flat(call, body) : task(call, body)
  return exchangeOf(
    {
      body: { ...rest, ...sent },
      dropped,
      failure: awsFailure,
      read: (json) => {
        if (json.error) return { failure: malformed('The provider made no picture.', true) }
        const refused = listOf(json.finish_reasons).some((reason) => reason !== null)
        if (refused) return { failure: filtered }
        return printed(call, options, { pictures: listOf(json.images).map(stringOf) })
      },
    },
    options,
  )
}

const filtered = {
  kind: 'content_policy' as const,
  status: 200,
  message: "The provider's content policy refused the picture.",
  mayHaveCost: true,
}

function flat(call: ImagesCall, body: JsonObject): JsonObject {
  if (call.form) throw unsupported('image')
  if (countOf(body) > 1) throw unsupported('n', body.n)
  return given({ prompt: call.prompt, aspect_ratio: nearestRatio(body.size, stabilityRatios), output_format: 'png' })
}

/** With a mask the part under it is painted anew, without one the whole picture is varied. */
function task(call: ImagesCall, body: JsonObject): JsonObject {
  const quality =
    body.quality === 'hd' || body.quality === 'high' || body.quality === 'premium' ? 'premium' : 'standard'
  const imageGenerationConfig = { numberOfImages: countOf(body), quality, ...sidesOf(body.size) }
  if (!call.form) return { taskType: 'TEXT_IMAGE', textToImageParams: { text: call.prompt }, imageGenerationConfig }
  const base64 = (name: string) =>
    call.form?.files
      .filter((file) => file.name.startsWith(name))
      .map(({ body: of }) => Buffer.from(of).toString('base64')) ?? []
  const [image, maskImage] = [base64('image'), base64('mask')[0]]
  if (maskImage !== undefined)
    return {
      taskType: 'INPAINTING',
      inPaintingParams: given({ text: call.prompt, image: image[0], maskImage }),
      imageGenerationConfig,
    }
  return {
    taskType: 'IMAGE_VARIATION',
    imageVariationParams: { text: call.prompt, images: image },
    imageGenerationConfig,
  }
}
