import type { Failure } from '../../core/failure.ts'
import { type Json, type JsonObject, objectOf, stringOf, tryParse } from '../../core/json.ts'
import type { Exchange, ExchangeOptions } from '../dialect.ts'
import { besides, effectiveBody, exchangeOf, given, type Speaker } from '../endpoint.ts'
import { malformed } from '../broken-reply.ts'
import { unsupported } from '../unsupported.ts'
import { countOf, type ImagesCall } from './call.ts'
import { commonNames, openaiNames } from './hosts.ts'
import { nearestRatio, type Picture, printed, sidesOf } from './printed.ts'

// Hosts that take a request, and have its pictures later, at a place that they name.

type Task = {
  /** How it stands; a host's own words. */
  status: (json: JsonObject) => string
  /** Where to ask; absent where the reply does not say. */
  place: (json: JsonObject) => string | undefined
  ready: string
  waiting: ReadonlySet<string>
  moderated?: ReadonlySet<string>
  pictures: (json: JsonObject) => Picture[]
}

function polled(call: ImagesCall, options: ExchangeOptions, task: Task): Pick<Exchange, 'again'> & ReadOf {
  return {
    again: (bytes) => {
      const json = objectOf(tryParse(Buffer.from(bytes).toString()))
      if (!task.waiting.has(task.status(json))) return undefined
      const url = task.place(json)
      return url === undefined ? {} : { url }
    },
    read: (json) => {
      const status = task.status(json)
      if (status === task.ready) return printed(call, options, { pictures: task.pictures(json) })
      return {
        failure: task.moderated?.has(status) ? filtered : malformed(`The provider's task ended: ${status}.`, true),
      }
    },
  }
}
type ReadOf = { read: (json: JsonObject) => ReturnType<typeof printed> | { failure: Failure } }

const filtered: Failure = {
  kind: 'content_policy',
  status: 200,
  message: "The provider's content policy refused the picture.",
  mayHaveCost: true,
}

/** The model's own inputs stand one level down; its answer is one address or several. What takes longer than it waits for is polled. */
export const replicate: Speaker<ImagesCall> = (call, options) => {
  if (call.form) throw unsupported('image')
  const { body, rest, dropped } = asked(call, options)
  const input = { ...rest, ...given({ prompt: body.prompt, num_outputs: countOf(body), ...sidesOf(body.size) }) }
  const task = polled(call, options, {
    // It may leave out how it stands where it has the pictures.
    status: ({ status, output }) => stringOf(status) ?? (output ? 'succeeded' : 'unknown'),
    place: ({ urls }) => stringOf(objectOf(urls).get),
    ready: 'succeeded',
    waiting: new Set(['starting', 'processing', 'queued']),
    pictures: ({ output }) => (Array.isArray(output) ? output.map(stringOf) : [stringOf(output)]),
  })
  return exchangeOf({ body: { version: options.upstreamModel, input }, dropped, ...task }, options)
}

/** These know ratios alone. */
const byRatio = /kontext|ultra/
const ratios = ['21:9', '16:9', '3:2', '4:3', '5:4', '1:1', '4:5', '3:4', '2:3', '9:16', '9:21']

/** docs.bfl.ai: every model is a path of its own, a picture to edit stands in JSON, one picture a request. */
export const bfl: Speaker<ImagesCall> = (call, options) => {
  const { body, rest, dropped } = asked(call, options)
  if (countOf(body) > 1) throw unsupported('n', body.n)
  const ratio = byRatio.test(options.baseModel ?? options.upstreamModel)
  const sent = given({
    prompt: body.prompt ?? call.prompt,
    ...(ratio ? { aspect_ratio: nearestRatio(body.size, ratios) } : sidesOf(body.size)),
    ...picturesOf(call),
  })
  const task = polled(call, options, {
    status: ({ status, polling_url: url }) => stringOf(status) ?? (url ? 'Pending' : 'unknown'),
    place: ({ polling_url: url }) => stringOf(url),
    ready: 'Ready',
    waiting: new Set(['Pending', 'Queued', 'Processing', 'Reasoning']),
    moderated: new Set(['Request Moderated', 'Content Moderated']),
    pictures: ({ result }) => [stringOf(objectOf(result).sample)],
  })
  return exchangeOf({ body: { ...rest, ...sent }, dropped, ...task }, options)
}

/** `input_image`, `input_image_2`, ...; a mask is for models that fill one in. */
function picturesOf({ form }: ImagesCall): Record<string, Json> {
  const base64 = (body: Uint8Array) => Buffer.from(body).toString('base64')
  const files = form?.files ?? []
  const images = files.filter(({ name }) => name.startsWith('image'))
  const mask = files.find(({ name }) => name === 'mask')
  const named = images.map(({ body }, at) => [mask ? 'image' : `input_image${at ? `_${at + 1}` : ''}`, base64(body)])
  return { ...Object.fromEntries(mask ? named.slice(0, 1) : named), ...(mask && { mask: base64(mask.body) }) }
}

function asked(call: ImagesCall, options: ExchangeOptions) {
  if (call.stream) throw unsupported('stream', true)
  const body = effectiveBody(call.body, options)
  return { body, ...besides(body, commonNames, { unknown: openaiNames, dropParams: options.dropParams }) }
}
