import { stringOf } from '../../core/json.ts'
import { besides, effectiveBody, exchangeOf, type Speaker } from '../endpoint.ts'
import { formOf, textPart } from '../form.ts'
import { unsupported } from '../unsupported.ts'
import { countOf, type ImagesCall } from './call.ts'
import { nearestRatio, printed } from './printed.ts'

const said = ['model', 'prompt', 'n', 'size', 'quality', 'response_format', 'stream', 'output_format']
const unknown = ['background', 'moderation', 'output_compression', 'partial_images', 'style']
/** Models that are no edit in the API's paths, and those that answer with a place to ask again, in words of their own. */
const controls = new Set(['sketch', 'structure', 'style', 'style-transfer'])
const upscalers = new Set(['fast', 'conservative'])
const later = new Set(['creative', 'replace-background-and-relight'])

/** `stable-image-core` is `core`; every version of Stable Diffusion 3 is at one path, and named in the form. */
function placeOf(model: string): { path: Record<string, string>; model?: string } {
  if (later.has(model)) throw unsupported('model', `${model}, whose pictures are ready only later`)
  const kind = controls.has(model) ? 'control' : upscalers.has(model) ? 'upscale' : 'edit'
  if (model.startsWith('sd3')) return { path: { kind, engine: 'sd3' }, ...(model !== 'sd3' && { model }) }
  return { path: { kind, engine: model.replace(/^stable-image-/, '') } }
}

const ratios = ['16:9', '1:1', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21']

/** Stability's own API takes forms, and gives JSON where it is asked to. */
export const stability: Speaker<ImagesCall> = (call, options) => {
  if (call.stream) throw unsupported('stream', true)
  const body = effectiveBody(call.body, options)
  if (countOf(body) > 1) throw unsupported('n', body.n)
  const { rest, dropped } = besides(body, said, { unknown, dropParams: options.dropParams })
  const ratio = call.form ? undefined : nearestRatio(body.size, ratios)
  const { path, model } = placeOf(options.upstreamModel)
  const fields = {
    ...(model !== undefined && { model }),
    prompt: call.prompt,
    output_format: stringOf(body.output_format) ?? 'png',
    ...(ratio && { aspect_ratio: ratio }),
    ...rest,
  }
  const files = (call.form?.files ?? []).map((file) => ({ ...file, name: file.name.replace('[]', '') }))
  const parts = Object.entries(fields).map(([name, value]) => textPart(name, value))
  const form = formOf([...parts, ...files], options.requestId)
  return exchangeOf(
    {
      ...form,
      path,
      headers: { ...form.headers, accept: 'application/json' },
      dropped,
      read: (json) => printed(call, options, { pictures: [stringOf(json.image)] }),
    },
    options,
  )
}
