import { isObject, type Json, type JsonObject, numberOf, objectOf, stringOf } from '../../core/json.ts'

const messageLimit = 500

/** What an error says, whatever its shape. `status` is one that stands in the body. */
export type Words = { message: string; code?: string; type?: string; param?: string; status?: number }

/** Reads `{error: {...}}`, `{error: "..."}`, `{message}`, `{detail}`, and lists of one of these. */
export function wordsOf(value: Json): Words {
  const body = objectOf(Array.isArray(value) ? value[0] : value)
  const error = isObject(body.error) ? body.error : body
  const { detail } = body
  const message =
    stringOf(error.message) ??
    stringOf(body.error) ??
    stringOf(body.message) ??
    stringOf(error.error) ??
    (detail === undefined ? '' : typeof detail === 'string' ? detail : JSON.stringify(detail))
  const words: Words = { message }
  const code = stringOf(error.code) ?? stringOf(body.code)
  const inner = innerCode(error)
  if (inner ?? code) words.code = inner ?? code ?? ''
  const type = stringOf(error.type) ?? stringOf(error.status)
  if (type !== undefined) words.type = type
  const param = stringOf(error.param)
  if (param !== undefined) words.param = param
  const status = [error.status_code, error.code, error.status, body.code, body.statusCode].map(httpStatus).find(Boolean)
  if (status !== undefined) words.status = status
  return words
}

/** Azure names the reason one level deeper. */
function innerCode(error: JsonObject): string | undefined {
  const inner = stringOf(objectOf(error.innererror).code)
  return inner === 'ResponsibleAIPolicyViolation' ? 'content_filter' : undefined
}

function httpStatus(value: Json | undefined): number | undefined {
  const status = numberOf(typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value)
  return status !== undefined && status >= 400 && status < 600 ? status : undefined
}

/** HTML shows its title; other text its beginning. */
export function plainWords(text: string): string {
  if (!text.startsWith('<')) return text
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1]
  return title === undefined ? '' : title.trim()
}

/** Without keys and addresses of machines (providers echo both), and short. */
export function cleaned(message: string): string {
  const masked = message
    .replace(/\b(?:sk|pk|rk|gsk|xai|pplx|hf|nvapi)[-_][\w*.-]{6,}/g, '***')
    .replace(/\b(?=\w*\d)[A-Za-z0-9]{32,}\b/g, '***')
    .replace(/\b(Bearer)\s+[A-Za-z0-9._~+/-]{8,}=*/gi, '$1 ***')
    .replace(/https?:\/\/[^\s"'<>)]+/g, (url) => (isPublicDocs(url) ? url : '[address]'))
    .replace(/\s+/g, ' ')
    .trim()
  return masked.length > messageLimit ? `${masked.slice(0, messageLimit - 3)}...` : masked
}

/** Help pages of a provider are worth showing; a resource's or a host's own address is not. */
const isPublicDocs = (url: string): boolean => /^https:\/\/(?:platform|docs|help|learn|go|aka)\.[a-z.]+\//.test(url)
