import { isObject } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import type { ExchangeOptions, Seen, WholeReply } from '../dialect.ts'
import { gatherSeals } from '../openai/gather-seals.ts'
import { parsedBody } from '../openai/pass-whole.ts'
import { note, nothingSeen } from '../seen.ts'
import { errorFailure } from './failure.ts'
import { parseReply } from './reply.ts'

/** A whole message: its bytes as they came, but for the model's name and the cost. */
export function readWhole(body: Uint8Array, { publicModel, dollars, keepSeals }: ExchangeOptions): WholeReply {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
  const parsed = parsedBody(body)
  if ('failure' in parsed) return { failure: failureIn(text) ?? parsed.failure }
  const { json } = parsed
  const seen: Seen = nothingSeen()
  const gather = keepSeals && gatherSeals(keepSeals)
  for (const part of parseReply(json)) {
    if (part.type === 'failure') return { failure: part.failure }
    note(seen, part)
    gather?.(part)
  }
  let out = text
  if (publicModel !== undefined && json.model !== publicModel) out = splice(out, { set: { model: publicModel } })
  const cost = seen.usage && isObject(json.usage) ? dollars(seen.usage, seen) : undefined
  if (cost !== undefined) out = splice(out, { set: { cost } }, ['usage'])
  return { body: out === text ? body : out, seen }
}

/** An error of this tongue inside a 200 says by its type what it means. */
function failureIn(text: string) {
  try {
    const json: unknown = JSON.parse(text)
    return isObject(json) ? errorFailure(json, false) : undefined
  } catch {
    return undefined
  }
}
