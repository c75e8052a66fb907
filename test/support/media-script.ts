import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { listOf, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'

const digits = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 8)

/**
 * OpenAI's endpoints for pictures and sound, whatever the script: a picture that is edited comes back as it was sent, a file that
 * is heard by the first digits of its SHA-256, speech is the text that was to be spoken. False: another path.
 */
export async function mediaAnswer(path: string, bytes: Uint8Array<ArrayBuffer>, to: Exchange): Promise<boolean> {
  const { contentType, response } = to
  const [, kind] =
    /\/(images\/generations|images\/edits|audio\/speech|audio\/transcriptions|moderations)$/.exec(path) ?? []
  if (kind === undefined) return false
  const body = objectOf(tryParse(Buffer.from(bytes).toString()))
  const file = async (name: string) => {
    const form = await new Response(bytes, { headers: { 'content-type': contentType } }).formData()
    const sent = form.get(name) ?? form.get(`${name}[]`)
    return sent instanceof File ? new Uint8Array(await sent.arrayBuffer()) : new Uint8Array()
  }
  const json = (value: unknown) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  const picture = (bytes_: Uint8Array) =>
    json({ created: 1, data: [{ b64_json: Buffer.from(bytes_).toString('base64') }] })
  if (kind === 'images/generations') picture(Buffer.from(stringOf(body.prompt) ?? ''))
  else if (kind === 'images/edits') picture(await file('image'))
  else if (kind === 'audio/transcriptions') json({ text: `Heard ${digits(await file('file'))}` })
  else if (kind === 'audio/speech') response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(stringOf(body.input))
  else {
    const inputs = Array.isArray(body.input) ? listOf(body.input) : [body.input]
    const results = inputs.map(() => ({ flagged: false, categories: {}, category_scores: {} }))
    json({ id: 'modr-up', model: body.model, results })
  }
  return true
}

type Exchange = { contentType: string; response: ServerResponse }
