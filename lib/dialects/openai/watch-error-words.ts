import {
  isObject,
  type Json,
  type JsonObject,
  listOf,
  numberOf,
  objectOf,
  stringOf,
  tryParse,
} from '../../core/json.ts'

/** What a host says of a schema or of a list of fields takes its room; pages of traces do not. */
const messageLimit = 2000

/** What an error says, whatever its shape. `status` is one that stands in the body, `attempt` what the model wrote instead. */
export type Words = {
  message: string
  code?: string
  type?: string
  param?: string
  status?: number
  attempt?: string
}

/** Reads `{error: {...}}`, `{error: "..."}`, `{errors: [...]}`, `{message}`, `{detail}`, and lists of one of these. */
export function wordsOf(value: Json): Words {
  const body = objectOf(Array.isArray(value) ? value[0] : value)
  // Gateways in front of gateways put one envelope into another.
  if (isObject(body.error) && isObject(body.error.error) && body.error.message === undefined) return wordsOf(body.error)
  const error = isObject(body.error) ? body.error : (listOf(body.errors).find(isObject) ?? body)
  const words: Words = { message: `${messageOf(error, body)}${innerMessage(error)}` }
  const code = stringOf(error.code) ?? stringOf(body.code)
  const inner = innerCode(error)
  if (inner ?? code) words.code = inner ?? code ?? ''
  const type = stringOf(error.type) ?? stringOf(error.status)
  if (type !== undefined) words.type = type
  const param = stringOf(error.param) ?? (isObject(body.error) ? undefined : fieldOf(listOf(body.detail)[0]))
  if (param !== undefined) words.param = param
  const status = [error.status_code, error.code, error.status, body.code, body.statusCode].map(httpStatus).find(Boolean)
  if (status !== undefined) words.status = status
  const attempt = stringOf(error.failed_generation)
  if (attempt !== undefined) words.attempt = attempt
  return words
}

function messageOf(error: JsonObject, body: JsonObject): string {
  const text = stringOf(error.message) ?? stringOf(body.error) ?? stringOf(body.message) ?? stringOf(error.error)
  if (text !== undefined) return text
  // Mistral and FastAPI list what is wrong with each field.
  const details = objectOf(error.message).detail ?? error.message ?? body.detail
  if (details === undefined || details === null) return ''
  return typeof details === 'string' ? details : (listedWords(details) ?? JSON.stringify(details))
}

/** FastAPI's list of what is wrong, as a sentence: `messages.0.content: field required`. */
function listedWords(details: Json): string | undefined {
  const said = listOf(details).map((one) => {
    const [field, words] = [fieldOf(one), stringOf(objectOf(one).msg)]
    return field === undefined || words === undefined ? undefined : `${field}: ${words}`
  })
  return said.length > 0 && said.every((one) => one !== undefined) ? said.join('; ') : undefined
}

/** Where a value stands that FastAPI refuses; it begins with `body`. */
function fieldOf(detail: Json | undefined): string | undefined {
  const place = listOf(objectOf(detail).loc).filter((one) => typeof one === 'string' || typeof one === 'number')
  const inside = place[0] === 'body' ? place.slice(1) : place
  return inside.length > 0 ? inside.join('.') : undefined
}

/** The message of a JSON error whose end is missing: cut by a proxy, or too long to be read whole. */
export function brokenWords(text: string): string | undefined {
  if (!/^[[{]/.test(text)) return undefined
  const [, words] = /"message"\s*:\s*"((?:[^"\\]|\\.)*)/.exec(text.slice(0, 4 * messageLimit)) ?? []
  const read = words === undefined ? undefined : tryParse(`"${words.replace(/\\(?:u[0-9a-f]{0,3})?$/i, '')}"`)
  return stringOf(read)
}

/** OpenRouter says that a provider refused, and keeps beside it what the provider said. */
function innerMessage(error: JsonObject): string {
  const { raw } = objectOf(error.metadata)
  if (raw === undefined || raw === null || raw === '') return ''
  const parsed = typeof raw === 'string' ? tryParse(raw) : raw
  const inner = (isObject(parsed) && wordsOf(parsed).message) || (typeof raw === 'string' ? plainWords(raw) : '')
  return inner === '' ? '' : `: ${inner}`
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
    // A terminal or a log would act upon them.
    .replace(control, ' ')
    .replace(/\b(?:sk|pk|rk|gsk|xai|pplx|hf|nvapi)[-_][\w*.-]{6,}/g, '***')
    .replace(/\b(?=\w*\d)[A-Za-z0-9]{32,}\b/g, '***')
    .replace(/\b(Bearer)\s+[A-Za-z0-9._~+/-]{8,}=*/gi, '$1 ***')
    .replace(addresses, (url, at: number, all: string) =>
      isPublicDocs(url) || isFetched.test(all.slice(0, at)) ? url : '[address]',
    )
    .trim()
  return masked.length > messageLimit ? `${masked.slice(0, messageLimit - 3)}...` : masked
}

const control = /(?:(?![\t\n\r])\p{Cc})+/gu

const addresses = /https?:\/\/[^\s"'<>)]+/g
/** In front of an address that the client sent, and the host could not read: which of its images it was. */
const isFetched = /(?:download|fetch|retriev|load)\w*(?: \w+){0,4}:? ?["'`(<]?$/i

/** Help pages of a provider are worth showing; a resource's or a host's own address is not. */
const isPublicDocs = (url: string): boolean =>
  /^https:\/\/(?:platform|docs|help|learn|go|aka|console)\.[a-z.]+(?:\/|$)/.test(url)
