const lineFeed = 10
const carriageReturn = 13

/**
 * Finds where blocks end, remembering across chunks whether a line has begun. A CR at the end of a chunk may be half of a
 * CRLF: the block is held until the next byte is known, except in streams that were seen to end lines in a bare CR.
 */
export function blockScanner(): { scan: (chunk: Buffer, from: number) => number; atStart: () => boolean } {
  let lineBytes = 0
  let afterCr = false
  let blankCr = false
  let bareCr = false
  const lineEnd = lineEnds()
  /** -1: go on; else the position behind the block. */
  const step = (byte: number, at: number): number => {
    if (afterCr) {
      afterCr = false
      if (byte === lineFeed) {
        if (!blankCr) return -1
        blankCr = false
        return at + 1
      }
      bareCr = true
      if (blankCr) {
        blankCr = false
        return at
      }
    }
    if (byte === carriageReturn) {
      afterCr = true
      blankCr = lineBytes === 0
      lineBytes = 0
      if (!blankCr || !bareCr) return -1
      afterCr = false
      blankCr = false
      return at + 1
    }
    if (byte !== lineFeed) {
      lineBytes++
      return -1
    }
    const blank = lineBytes === 0
    lineBytes = 0
    return blank ? at + 1 : -1
  }
  const scan = (chunk: Buffer, from: number): number => {
    let at = from
    while (at < chunk.length) {
      const end = step(chunk[at] ?? 0, at)
      if (end >= 0) return end
      at++
      if (lineBytes > 0) at = lineEnd(chunk, at)
    }
    return -1
  }
  return { scan, atStart: () => lineBytes === 0 && !afterCr }
}

/** The next LF or CR, found by the engine's own search; where the chunk has no CR, that is asked only once. */
function lineEnds(): (chunk: Buffer, from: number) => number {
  let searched: Buffer | undefined
  let nextCr = 0
  return (chunk, from) => {
    if (searched !== chunk || nextCr < from) {
      searched = chunk
      const found = chunk.indexOf(carriageReturn, from)
      nextCr = found < 0 ? chunk.length : found
    }
    const found = chunk.indexOf(lineFeed, from)
    return found < 0 ? nextCr : Math.min(found, nextCr)
  }
}
