import { pipeline } from 'node:stream'
import type { Zlib } from 'node:zlib'
import { UpstreamTrouble } from '../core/ports.ts'

type Decoder = (zlib: typeof import('node:zlib')) => NodeJS.ReadWriteStream & Zlib

const decoders: Record<string, Decoder> = {
  gzip: (zlib) => zlib.createGunzip(),
  'x-gzip': (zlib) => zlib.createGunzip(),
  deflate: (zlib) => zlib.createInflate(),
  br: (zlib) => zlib.createBrotliDecompress(),
  zstd: (zlib) => zlib.createZstdDecompress(),
}

/**
 * The body as it was before its host, unasked, compressed it: some proxies do so whatever a request accepts. Reading rejects with
 * `reset` where the compressed bytes end early or are none; an encoding that is not known is left for whoever reads to refuse.
 */
export function decoded(body: AsyncIterable<Uint8Array>, encoding: string | undefined): AsyncIterable<Uint8Array> {
  const decoder = decoders[encoding?.trim().toLowerCase() ?? '']
  return decoder ? decompressed(body, decoder) : body
}

/** The module is loaded where it is needed, which is next to never. */
async function* decompressed(body: AsyncIterable<Uint8Array>, decoder: Decoder): AsyncGenerator<Uint8Array> {
  const stream = decoder(await import('node:zlib'))
  // Its end and its errors are the stream's own; leaving early destroys both.
  pipeline(body, stream, () => {})
  try {
    for await (const chunk of stream) yield chunk as Uint8Array
  } catch (error) {
    throw error instanceof UpstreamTrouble
      ? error
      : new UpstreamTrouble('reset', 'the compressed reply cannot be read', error)
  }
}
