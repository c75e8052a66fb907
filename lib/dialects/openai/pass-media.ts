import { type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../core/json.ts'
import type { FetchMedia } from '../../core/ports.ts'
import { splice } from '../../wire/json-splice.ts'
import type { ChatCall } from '../dialect.ts'
import { fetchAddresses, mayHoldAddresses } from '../media.ts'

/**
 * A chat request for a host that reads no addresses of images: data URLs in their place, every other byte as it came.
 * @throws GatewayError `invalid_request` that names the image that could not be fetched
 */
export async function withBytes(call: ChatCall, fetch: FetchMedia): Promise<ChatCall> {
  if (!mayHoldAddresses(call.text)) return call
  const found = listOf(call.body.messages).flatMap((message, at) => addressed(objectOf(message), at))
  if (found.length === 0) return call
  const media = await fetchAddresses(
    found.map(({ url, at, nth }) => ({ url, type: 'image', param: `messages[${at}].content[${nth}].image_url.url` })),
    fetch,
  )
  const text = found.reduce((written, { url, at, nth, image }) => {
    const bytes = media.get(url)
    const path = ['messages', String(at), 'content', String(nth)]
    if (!bytes) return written
    const inBytes = { ...image, url: `data:${bytes.mediaType};base64,${bytes.base64}` }
    return splice(written, { set: { image_url: inBytes } }, path)
  }, call.text)
  return { ...call, text, body: objectOf(tryParse(text)) }
}

type Addressed = { url: string; at: number; nth: number; image: JsonObject }

/** Some clients write the address without an object around it. */
function addressed({ content }: JsonObject, at: number): Addressed[] {
  return listOf(content).flatMap((one, nth): Addressed[] => {
    const { type, image_url: image } = objectOf(one)
    const url = stringOf(image) ?? stringOf(objectOf(image).url) ?? ''
    return type === 'image_url' && /^https?:\/\//i.test(url) ? [{ url, at, nth, image: objectOf(image) }] : []
  })
}
