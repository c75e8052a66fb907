import type { ChatRequest, UserBlock } from '../core/chat.ts'
import { GatewayError } from '../core/errors.ts'
import type { FetchMedia, Media } from '../core/ports.ts'

type Addressed = UserBlock & { type: 'image' | 'file'; source: { url: string } }

/** By their addresses: what was fetched of a request. */
export type FetchedMedia = ReadonlyMap<string, Media>

/** Each costs a connection, and memory. */
const mostAddresses = 16
/** Of all together; the request that is made of them is larger by a third. */
const mostLetters = 28 * 1024 * 1024

/** False for most requests, at the price of a glance: only others are read a second time to find their addresses. */
export const mayHoldAddresses = (text: string): boolean =>
  /"https?:\/\//i.test(text) && /"(?:image_url|input_image|image|file|input_file|document)"/.test(text)

/**
 * Fetches what stands in a request by address, where `needs` says that the host reads no addresses.
 * @throws GatewayError `invalid_request` that names the block and says why it could not be fetched
 */
export async function fetchMedia(
  request: ChatRequest,
  needs: (block: Addressed) => boolean,
  fetch: FetchMedia,
): Promise<FetchedMedia> {
  const wanted = addressed(request).filter(({ block }) => needs(block))
  return fetchAddresses(
    wanted.map(({ block, param }) => ({ url: block.source.url, type: block.type, param })),
    fetch,
  )
}

/** Where an address stands in a request, and what is meant to be there. */
export type Wanted = { url: string; type: 'image' | 'file'; param: string }

/** Each once. @throws GatewayError `invalid_request` */
export async function fetchAddresses(wanted: readonly Wanted[], fetch: FetchMedia): Promise<FetchedMedia> {
  const addresses = new Map(wanted.map(({ url, param, type }) => [url, { param, type }]))
  if (addresses.size > mostAddresses)
    throw refused(
      wanted[0]?.param ?? 'messages',
      `${addresses.size} addresses are too many, the most is ${mostAddresses}`,
    )
  const fetched = await Promise.all(
    [...addresses].map(async ([url, { param, type }]) => {
      const media = await fetch(url)
      const shown = url.slice(0, 80)
      if ('refused' in media) throw refused(param, `${shown} was not fetched: ${media.refused}`)
      // An image is paid for as one: a document in its place would cost more than was held for it.
      if (type === 'image' && !media.mediaType.startsWith('image/'))
        throw refused(param, `${shown} is no image but ${media.mediaType}`)
      return [url, media] as const
    }),
  )
  if (fetched.reduce((sum, [, { base64 }]) => sum + base64.length, 0) > mostLetters)
    throw refused(wanted[0]?.param ?? 'messages', 'what its addresses lead to is larger than 20 MB')
  return new Map(fetched)
}

const refused = (param: string, why: string): GatewayError =>
  new GatewayError('invalid_request', {
    param,
    message: `${param}: ${why}. Send its bytes instead (a data URL, or base64).`,
  })

/** The request with bytes in the place of addresses. */
export function withMedia(request: ChatRequest, media: FetchedMedia): ChatRequest {
  const put = <B extends UserBlock>(block: B): B => {
    const found = block.type !== 'text' && 'url' in block.source ? media.get(block.source.url) : undefined
    return found ? { ...block, source: found } : block
  }
  const messages = request.messages.map((message) =>
    message.role === 'user' || message.role === 'tool' ? { ...message, content: message.content.map(put) } : message,
  )
  return { ...request, messages }
}

function addressed({ messages }: ChatRequest): { block: Addressed; param: string }[] {
  return messages.flatMap(({ role, content }, position) =>
    role === 'user' || role === 'tool'
      ? content.flatMap((block, at) =>
          isAddressed(block) ? [{ block, param: `messages[${position}].content[${at}]` }] : [],
        )
      : [],
  )
}

const isAddressed = (block: UserBlock): block is Addressed => block.type !== 'text' && 'url' in block.source
