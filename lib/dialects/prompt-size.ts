import { isObject, type Json, type JsonObject } from '../core/json.ts'

/**
 * The most tokens of a value that stands in a prompt as JSON (schemas, arguments, whatever nobody knows). Signs of JSON are
 * tokens, too: a schema can be made of them alone (`[[],[],null]`). Texts count by their bytes as they are escaped there; the
 * quotes of a member merge with its colon and comma in every tokenizer. Without recursion: depth is the client's.
 */
export function jsonTokens(value: Json): number {
  let tokens = 0
  const open: Json[] = [value]
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item === 'string') tokens += Math.max(escapedBytes(item), 1)
    else if (Array.isArray(item)) {
      tokens += 2 + item.length
      for (const part of item) open.push(part)
    } else if (isObject(item)) {
      tokens += 2
      for (const [name, part] of Object.entries(item)) {
        tokens += escapedBytes(name) + 2
        open.push(part)
      }
    } else tokens += String(item).length
  }
  return tokens
}

/**
 * The most tokens of a part of a conversation: its texts and numbers by their bytes, and what it holds beside them with the names
 * of its members. `framing`: names that are counted elsewhere. `tokensOf`: of an object that counts by itself. Without recursion, too.
 */
export function partTokens(
  value: Json,
  framing: ReadonlySet<string>,
  tokensOf: (item: JsonObject) => number | undefined = () => undefined,
): number {
  let tokens = 0
  const open: Json[] = [value]
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item === 'string') tokens += Buffer.byteLength(item)
    else if (Array.isArray(item)) for (const part of item) open.push(part)
    else if (isObject(item)) {
      const known = tokensOf(item)
      tokens += known ?? 0
      for (const [name, part] of known === undefined ? Object.entries(item) : []) {
        if (framing.has(name)) open.push(part)
        else tokens += Buffer.byteLength(name) + 2 + sizeOf(part)
      }
    } else tokens += String(item).length
  }
  return tokens
}

const sizeOf = (value: Json): number => (typeof value === 'string' ? Buffer.byteLength(value) : jsonTokens(value))

const escapedBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2

/**
 * What stands where a request has a picture need not be one: hosts take documents and films there, at very different prices.
 * Undefined where it is a picture, as far as can be told; else the bytes of what is there, Infinity where it is elsewhere.
 */
export function otherThanPicture(address: string): number | undefined {
  const [head, declared = ''] = /^data:([^,]*),/i.exec(address.slice(0, 300)) ?? []
  if (head === undefined) return isElsewhere(address) ? Infinity : undefined
  const data = address.slice(head.length)
  if (/^image\//i.test(declared) && !data.startsWith(pdfStart)) return undefined
  return /;base64$/i.test(declared) ? Math.ceil((data.length * 3) / 4) : Buffer.byteLength(data)
}

/** `%PDF` in base64: what is in it, not what it is called, decides how it is sent on. */
const pdfStart = 'JVBERi'

/** Google's own storage, and what its name or its host says is no picture. */
const isElsewhere = (address: string): boolean =>
  /^(?:gs|s3):\/\/|^files\/|^https?:\/\/(?:[^/]*\.)?(?:youtube\.com|youtu\.be|generativelanguage\.googleapis\.com)\//i.test(
    address,
  ) || notPictures.test(address)

const notPictures =
  /\.(?:pdf|txt|md|csv|html?|json|xml|docx?|xlsx?|pptx?|mp3|m4a|wav|flac|ogg|aac|aiff?|mp4|mpe?g|m4v|mov|avi|wmv|flv|3gp|mkv|webm)(?:[?#]|$)/i
