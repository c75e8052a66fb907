/** One part of a form: views of the bytes that came, nothing is copied. */
export type FormPart = { name: string; filename?: string; contentType?: string; body: Uint8Array }

export class FormError extends Error {}

/** The boundary that a `content-type` names (RFC 2046, 5.1.1); undefined where it is no multipart form. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(contentType?.trim() ?? '')) return undefined
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '') ?? []
  return quoted ?? plain
}

const crlf = '\r\n'

/**
 * The parts of a form (RFC 7578), in order. Throws a FormError whose message says what is wrong: a body that does not begin
 * with its boundary, a part without a name, an end that is missing.
 */
export function parseForm(bytes: Uint8Array, boundary: string): FormPart[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const delimiter = `--${boundary}`
  const parts: FormPart[] = []
  let at = buffer.indexOf(delimiter)
  if (at < 0) throw new FormError('the boundary that content-type names is not in it')
  for (;;) {
    at += delimiter.length
    if (buffer.toString('latin1', at, at + 2) === '--') return parts
    const head = buffer.indexOf(crlf, at)
    const body = head < 0 ? -1 : buffer.indexOf(`${crlf}${crlf}`, head)
    const end = body < 0 ? -1 : buffer.indexOf(`${crlf}${delimiter}`, body + crlf.length)
    if (end < 0) throw new FormError('it ends in the middle of a part')
    const from = Math.min(body + 2 * crlf.length, end)
    parts.push(partOf(buffer.toString('utf8', head + crlf.length, body), buffer.subarray(from, end)))
    at = end + crlf.length
  }
}

function partOf(head: string, body: Uint8Array): FormPart {
  const headers = Object.fromEntries(
    head.split(crlf).map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const disposition = headers['content-disposition'] ?? ''
  const name = parameterOf(disposition, 'name')
  if (name === undefined) throw new FormError('a part of it has no name')
  const filename = parameterOf(disposition, 'filename')
  const contentType = headers['content-type']
  return { name, body, ...(filename !== undefined && { filename }), ...(contentType && { contentType }) }
}

/** Browsers and SDKs write quotes and line breaks in names percent-encoded (RFC 7578, 4.2; WHATWG HTML, multipart encoding). */
function parameterOf(disposition: string, name: string): string | undefined {
  const [, quoted, plain] =
    new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, 'i').exec(disposition) ?? []
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? plain
}

const escaped = (text: string): string => text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

/** The same form as pieces to send: bodies of parts are the views they were. */
export function printForm(parts: readonly FormPart[], boundary: string): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (const { name, filename, contentType, body } of parts) {
    const file = filename === undefined ? '' : `; filename="${escaped(filename)}"`
    const type = contentType === undefined ? '' : `${crlf}content-type: ${contentType}`
    const head = `--${boundary}${crlf}content-disposition: form-data; name="${escaped(name)}"${file}${type}${crlf}${crlf}`
    pieces.push(Buffer.from(head), body, Buffer.from(crlf))
  }
  return [...pieces, Buffer.from(`--${boundary}--${crlf}`)]
}
