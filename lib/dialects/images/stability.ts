import { stringOf } from '../../core/json.ts'
import { besides, effectiveBody, exchangeOf, type Speaker } from '../endpoint.ts'
import { formOf, textPart } from '../form.ts'
import { unsupported } from '../unsupported.ts'
import { countOf, type ImagesCall } from './call.ts'
import { nearestRatio, printed } from './printed.ts'

const said = ['model', 'prompt', 'n', 'size', 'quality', 'response_format', 'stream', 'output_format']
const unknown = ['background', 'moderation', 'output_compression', 'partial_images', 'style']
const ratios = ['16:9', '1:1', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21']

/** Stability's own API takes forms, and gives JSON where it is asked to. */
export const stability: Speaker<ImagesCall> = (call, options) => {
  if (call.stream) throw unsupported('stream', true)
  const body = effectiveBody(call.body, options)
  if (countOf(body) > 1) throw unsupported('n', body.n)
  const { rest, dropped } = besides(body, said, { unknown, dropParams: options.dropParams })
  const ratio = call.form ? undefined : nearestRatio(body.size, ratios)
  const fields = {
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
      headers: { ...form.headers, accept: 'application/json' },
      dropped,
      read: (json) => printed(call, options, { pictures: [stringOf(json.image)] }),
    },
    options,
  )
}
