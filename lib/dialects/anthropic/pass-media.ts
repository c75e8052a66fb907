import { type Json, type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../core/json.ts'
import type { FetchMedia } from '../../core/ports.ts'
import { splice } from '../../wire/json-splice.ts'
import type { ChatCall } from '../dialect.ts'
import { fetchAddresses, mayHoldAddresses } from '../media.ts'
import { printSource } from './blocks.ts'

/**
 * A messages request for a cloud that reads no addresses (Anthropic's page on vision): bytes in their place, every other byte
 * as it came.
 * @throws GatewayError `invalid_request` that names the block that could not be fetched
 */
export async function withBytes(call: ChatCall, fetch: FetchMedia): Promise<ChatCall> {
  if (!mayHoldAddresses(call.text)) return call
  const found = listOf(call.body.messages).flatMap((message, at) =>
    addressed(objectOf(message).content, ['messages', String(at)]),
  )
  if (found.length === 0) return call
  const media = await fetchAddresses(
    found.map(({ path, type, url }) => ({ url, type, param: path.join('.').replace(/\.(\d+)/g, '[$1]') })),
    fetch,
  )
  const text = found.reduce((written, { path, url }) => {
    const bytes = media.get(url)
    return bytes ? splice(written, { set: { source: printSource(bytes) } }, path) : written
  }, call.text)
  return { ...call, text, body: objectOf(tryParse(text)) }
}

type Addressed = { path: string[]; type: 'image' | 'file'; url: string }

/** Blocks by address in a message's content, and in results of tools there. */
function addressed(content: Json | undefined, of: readonly string[]): Addressed[] {
  if (!Array.isArray(content)) return []
  return content.flatMap((one, at): Addressed[] => {
    const block: JsonObject = objectOf(one)
    const path = [...of, 'content', String(at)]
    if (block.type === 'tool_result') return addressed(block.content, path)
    const source = objectOf(block.source)
    const url = source.type === 'url' ? stringOf(source.url) : undefined
    if (url === undefined || (block.type !== 'image' && block.type !== 'document')) return []
    return [{ path, type: block.type === 'image' ? 'image' : 'file', url }]
  })
}
