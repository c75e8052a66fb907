import type { IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { FetchMedia, Media } from '../core/ports.ts'
import { guardedLookup, NotPublic, publicAddresses, type Resolve } from './public-address.ts'

const mostBytes = 20 * 1024 * 1024
const mostRedirects = 3

type Options = { lookup: LookupFunction; agent: false; headers: Record<string, string>; signal: AbortSignal }
type Get = (
  url: URL,
  options: Options,
  callback: (reply: IncomingMessage) => void,
) => { once(event: 'error', then: (error: Error) => void): unknown }

/** What tests put something else in the place of. */
type World = { get?: Get; resolve?: Resolve; timeoutMs?: number }

/** Why there is nothing, in words for the client. */
class Refused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Refused'
  }
}

type Fetching = { get: Get; lookup: LookupFunction; isPublic: (address: string) => boolean; signal: AbortSignal }

/**
 * Fetches images and files from addresses that clients name, for providers that fetch nothing themselves. What a client may
 * reach so is the public internet alone: https on its own port, no redirect to another host, at most 20 MB in 5 seconds. Never
 * sends a credential.
 */
export function mediaFetcher({ get = getHttps, resolve, timeoutMs = 5000 }: World = {}): FetchMedia {
  const isPublic = publicAddresses()
  const lookup = guardedLookup(isPublic, resolve)
  return async (url) => {
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      return await fetched(url, { get, lookup, isPublic, signal })
    } catch (error) {
      if (error instanceof Refused) return { refused: error.message }
      if (error instanceof NotPublic) return { refused: 'its host has no address on the public internet' }
      return {
        refused: signal.aborted ? `it did not come within ${timeoutMs / 1000} seconds` : 'it could not be read',
      }
    }
  }
}

async function fetched(address: string, fetching: Fetching): Promise<Media> {
  let url = checked(address, fetching)
  for (let hops = 0; ; hops++) {
    const reply = await ask(url, fetching)
    const { statusCode: status = 0, headers } = reply
    if (status >= 300 && status < 400 && headers.location !== undefined) {
      reply.destroy()
      const next = checked(new URL(headers.location, url).href, fetching)
      if (next.host !== url.host) throw new Refused('it leads to another host')
      if (hops >= mostRedirects) throw new Refused(`it leads on more than ${mostRedirects} times`)
      url = next
      continue
    }
    if (status !== 200) {
      reply.destroy()
      throw new Refused(`its host answered ${status}`)
    }
    return mediaOf(await read(reply), headers['content-type'])
  }
}

/** Sockets look up names, and go to literal addresses as they are: those are judged here. */
function checked(address: string, { isPublic }: Fetching): URL {
  const url = URL.parse(address)
  if (!url) throw new Refused('it is no URL')
  if (url.protocol !== 'https:') throw new Refused('only https is fetched')
  if (url.port !== '' || url.username !== '' || url.password !== '')
    throw new Refused('addresses with a port or a password are not fetched')
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) && !isPublic(literal)) throw new NotPublic()
  return url
}

function ask(url: URL, { get, lookup, signal }: Fetching): Promise<IncomingMessage> {
  // Compressed, a small body could become a large one.
  const headers = { 'user-agent': 'purser', accept: '*/*', 'accept-encoding': 'identity' }
  return new Promise((resolve, reject) => {
    get(url, { lookup, agent: false, headers, signal }, resolve).once('error', reject)
  })
}

async function read(reply: IncomingMessage): Promise<Buffer> {
  const tooLarge = new Refused(`it is larger than ${mostBytes / 1024 / 1024} MB`)
  const chunks: Buffer[] = []
  let size = Number(reply.headers['content-length'] ?? 0)
  if (size > mostBytes) {
    reply.destroy()
    throw tooLarge
  }
  size = 0
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) throw tooLarge
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** First bytes of the formats that providers take. */
const magic: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG\r\n/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^RIFF[^]{4}WEBP/, 'image/webp'],
  [/^%PDF-/, 'application/pdf'],
]

/** What it is, its bytes say; what a host says of a picture or a PDF that is none is not believed. */
function mediaOf(bytes: Buffer, contentType: string | undefined): Media {
  const head = bytes.subarray(0, 16).toString('latin1')
  const declared = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const mediaType =
    magic.find(([start]) => start.test(head))?.[1] ?? (/^image\/|pdf$|^$/.test(declared) ? undefined : declared)
  if (mediaType === undefined) throw new Refused('it is no PNG, JPEG, GIF, WebP or PDF, and no other document')
  return { mediaType, base64: bytes.toString('base64') }
}
