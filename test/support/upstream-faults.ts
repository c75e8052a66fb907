import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import zlib from 'node:zlib'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import type { Script, SeenRequest } from './upstream.ts'

/** What an error status says is not billed. */
export function refuse(entry: SeenRequest): void {
  entry.ended = true
  entry.billable = false
}

/** A connection that lives, and an answer that never comes. */
export async function comments(script: Script, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  while (!response.destroyed) {
    response.write(': still working\n\n')
    await sleep(script.number('gap', 50))
  }
}

/** Nothing more comes; in the end the connection breaks. */
export async function stalled(script: Script, response: ServerResponse): Promise<void> {
  await sleep(script.number('for', 600_000), undefined, { ref: false })
  response.destroy()
}

/** `down` as it is so long after its first request. */
export function downAt(script: Script, sinceMs: number): Script {
  if (sinceMs >= script.number('for', 60_000)) return { ...script, name: 'ok' }
  return { ...script, name: 'status', number: (key, or) => (key === 'status' ? 503 : script.number(key, or)) }
}

export const endsWithAssistant = (body: JsonObject): boolean =>
  objectOf(listOf(body.messages).at(-1)).role === 'assistant'

const zippers: Record<string, () => zlib.Gzip | zlib.BrotliCompress | zlib.Deflate> = {
  gzip: () => zlib.createGzip(),
  br: () => zlib.createBrotliCompress(),
  deflate: () => zlib.createDeflate(),
}

export const encodingOf = (script: Script): Record<string, string> =>
  script.name === 'gzip' ? { 'content-encoding': script.options.by ?? 'gzip' } : {}

/** Writes text as the script has it: plainly, byte by byte, or compressed. */
export function writer(script: Script, response: ServerResponse): (text: string) => Promise<void> {
  const plain = (bytes: Uint8Array) => new Promise<void>((resolve) => response.write(bytes, () => resolve()))
  if (script.name === 'drip')
    return async (text) => {
      for (const byte of Buffer.from(text)) {
        if (response.destroyed) return
        await plain(Buffer.of(byte))
        if (script.number('gap', 5)) await sleep(script.number('gap', 5))
      }
    }
  return script.name === 'gzip' ? zipped(script, response) : (text) => plain(Buffer.from(text))
}

function zipped(script: Script, response: ServerResponse): (text: string) => Promise<void> {
  const zip = zippers[script.options.by ?? 'gzip']?.()
  if (!zip) throw new Error(`no encoding ${script.options.by}`)
  const end = response.end.bind(response)
  response.end = () => (zip.end(), response)
  zip.on('data', (chunk: Uint8Array) => response.write(chunk))
  zip.on('end', () => end())
  return (text) => new Promise<void>((resolve) => zip.write(text, () => zip.flush(() => resolve())))
}
