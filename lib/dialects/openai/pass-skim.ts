import type { Editor } from './pass-edit.ts'
import type { Template } from './pass-template.ts'
import type { Watcher } from './watch.ts'

/**
 * Takes a run of ordinary events off the front of what was read, without making anything of each: they are compared with the
 * pattern (pass-template.ts) byte by byte, and sent on as one piece.
 */
type Skimmer = {
  /** The position behind the last one taken, or `from`. */
  skim(chunk: Buffer, from: number): number
  /** What is to be sent of the run that was just taken. */
  bytes(): Uint8Array
}

const start = 'data: '
const end = '\n\n'

/** What is learned of the stream's ordinary event (`ordinary`) is its pattern; `watch` counts, `edit` says what changes in each. */
export function skimmer(ordinary: Template, watch: Watcher, edit: Editor): Skimmer {
  let pattern: Pattern | undefined
  let learned: Template['known']
  let read: Buffer | undefined
  let text = ''
  let sent: Uint8Array = new Uint8Array(0)

  const refresh = (): Pattern | undefined => {
    if (ordinary.known === learned) return pattern
    learned = ordinary.known
    pattern = learned && patternOf(learned, edit)
    return pattern
  }
  return {
    skim(chunk, from) {
      const like = refresh()
      if (!like) return from
      // One letter a byte: comparing letters is the fastest that there is, and positions stay positions.
      if (read !== chunk) text = chunk.toString('latin1')
      read = chunk
      let edited = ''
      let at = from
      for (;;) {
        const textFrom = at + like.before.length
        if (text.slice(at, textFrom) !== like.before) break
        const quote = text.indexOf('"', textFrom)
        const next = quote < 0 ? -1 : endOf(text, quote, like)
        if (next < 0 || quote === textFrom || !isPlain(text, textFrom, quote)) break
        const piece = text.slice(textFrom, quote)
        watch.count(piece, true)
        if (like.edited)
          edited += like.edited.before + piece + like.edited.behind + text.slice(quote + like.behind.length, next)
        at = next
      }
      if (at > from) sent = like.edited ? Buffer.from(edited, 'latin1') : chunk.subarray(from, at)
      return at
    },
    bytes: () => sent,
  }
}

/** An event, a letter for each of its bytes: what is before its text and behind it, and what that becomes. */
type Pattern = { before: string; behind: string; padded: boolean; edited?: { before: string; behind: string } }

function patternOf({ before, behind, padded }: NonNullable<Template['known']>, edit: Editor): Pattern | undefined {
  const rest = padded ? '"}' : ''
  const edited = edit.around(before, behind + rest)
  if (!edited) return undefined
  const asEvent = (from: string, to: string) => ({
    before: asBytes(start + from),
    behind: asBytes(padded ? to.slice(0, -rest.length) : to + end),
  })
  const changes = edited.before !== before || edited.behind !== behind + rest
  const own = { ...asEvent(before, behind + rest), padded }
  return changes ? { ...own, edited: asEvent(edited.before, edited.behind) } : own
}

const asBytes = (text: string): string => Buffer.from(text).toString('latin1')

/** Behind the event whose text ends at the quote; -1 where it does not go on as the pattern says. */
function endOf(text: string, quote: number, { behind, padded }: Pattern): number {
  let at = quote + behind.length
  if (text.slice(quote, at) !== behind) return -1
  if (!padded) return at
  while (isPadding(text.charCodeAt(at))) at++
  const last = `"}${end}`
  return text.slice(at, at + last.length) === last ? at + last.length : -1
}

/** A letter or a digit. */
const isPadding = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90)

/** Bytes of a JSON string that mean themselves. */
function isPlain(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code < 32 || code === 92) return false
  }
  return true
}
