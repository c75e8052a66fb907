/** A bus takes 256 KB an event, a ledger entry is one item of 400 KB: one text must not decide whether either is written. */
const longest = 256
/** More tags than these are not told apart in any report. */
const mostTags = 100

/**
 * Text that a caller or a provider chose (an end user, a tag, a model behind a wildcard, the id of an answer), as an event can carry it: its
 * beginning, in Unicode that every store takes. Half a surrogate pair is valid JSON and no valid UTF-8: an entry with one could never be
 * written, and the attempt it tells of would be missing in the ledger for ever.
 */
export const storableText = (text: string): string => text.slice(0, longest).toWellFormed()

/** Each once, and no more than an event has room for. */
export const storableTags = (tags: readonly string[]): string[] => [
  ...new Set(tags.slice(0, mostTags).map(storableText)),
]
