import { inflateSync } from 'node:zlib'

/** Objects of a page, and the number that the root of their tree says it has below it (ISO 32000-1, 7.7.3). */
const page = /\/Type\s*\/Page(?![a-zA-Z])/g
const counted = /\/Count\s+(\d{1,6})(?!\d)/g
/** Since PDF 1.5 both may stand in compressed streams of objects, which is how most writers have them. */
const objects = /\/ObjStm\b/g
const inflatedMost = 4 * 1024 * 1024
const streamsMost = 2000

/** Readers take a file whose mark is not at its very beginning. */
const markWithin = 1400

/**
 * How many pages a file has: 0 where it is no PDF, 1 where it does not say. Each is shown to the model as a picture besides its
 * text, so that a file of few bytes may be many tokens.
 */
export function pdfPages(base64: string): number {
  if (!Buffer.from(base64.slice(0, markWithin), 'base64').includes('%PDF')) return 0
  const text = Buffer.from(base64, 'base64').toString('latin1')
  return Math.max(pagesIn(text), pagesIn(objectsOf(text)), 1)
}

function pagesIn(text: string): number {
  const pages = text.match(page)?.length ?? 0
  const told = [...text.matchAll(counted)].map(([, count]) => Number(count))
  // An outline has a count, too, of its entries.
  return pages > 0 ? pages : Math.max(0, ...told)
}

/** What its streams of objects hold, up to a measure. A stream that cannot be read says nothing. */
function objectsOf(text: string): string {
  const found: string[] = []
  let left = inflatedMost
  for (const { index } of [...text.matchAll(objects)].slice(0, streamsMost)) {
    const begin = /stream\r?\n/g
    begin.lastIndex = index
    if (left <= 0 || !begin.test(text)) break
    const end = text.indexOf('endstream', begin.lastIndex)
    const packed = Buffer.from(text.slice(begin.lastIndex, end < 0 ? undefined : end), 'latin1')
    try {
      const inner = inflateSync(packed, { maxOutputLength: left }).toString('latin1')
      left -= inner.length
      found.push(inner)
    } catch {
      continue
    }
  }
  return found.join('\n')
}
