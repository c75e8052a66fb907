import { inflateSync } from 'node:zlib'

/** Objects of a page, and the number that the root of their tree says it has below it (ISO 32000-1, 7.7.3). */
const page = /\/Type\s*\/Page(?![a-zA-Z])/g
const counted = /\/Count\s+(\d{1,6})(?!\d)/g

/** What the streams of objects of one file may inflate to: tagged books of many hundred pages are below it. */
const inflatedMost = 16 * 1024 * 1024

/** More than any provider takes in one file. */
const pagesMost = 1000

/** Readers take a file whose mark is not at its very beginning. */
const markWithin = 1400

/**
 * How many pages a file has: 0 where it is no PDF, 1 where it does not say. Each is shown to the model as a picture besides its
 * text, so that a file of few bytes may be many tokens.
 */
export function pdfPages(base64: string): number {
  if (!Buffer.from(base64.slice(0, markWithin), 'base64').includes('%PDF')) return 0
  const text = Buffer.from(base64, 'base64').toString('latin1')
  const packed = objectsOf(text)
  return packed === undefined ? pagesMost : Math.max(pagesIn(text + packed), 1)
}

function pagesIn(text: string): number {
  const pages = text.match(page)?.length ?? 0
  if (pages > 0) return pages
  // Not beside pages: an outline has a count, too, of its entries.
  let told = 0
  for (const [, count] of text.matchAll(counted)) told = Math.max(told, Number(count))
  return told
}

/**
 * What its streams of objects hold: since PDF 1.5 most writers have pages there. Undefined where one cannot be read (it is
 * encrypted, packed in another way, or too much): there may be any number of pages in it.
 */
function objectsOf(text: string): string | undefined {
  let found = ''
  let mark = text.indexOf('/ObjStm')
  while (mark >= 0) {
    const begin = /stream\r?\n/g
    begin.lastIndex = mark
    if (!begin.test(text)) return undefined
    const end = text.indexOf('endstream', begin.lastIndex)
    const inner = end < 0 ? undefined : inflated(text.slice(begin.lastIndex, end), inflatedMost - found.length)
    if (inner === undefined) return undefined
    found += `\n${inner}`
    mark = text.indexOf('/ObjStm', end)
  }
  return found
}

function inflated(packed: string, most: number): string | undefined {
  try {
    return inflateSync(Buffer.from(packed, 'latin1'), { maxOutputLength: Math.max(most, 1) }).toString('latin1')
  } catch {
    return undefined
  }
}
