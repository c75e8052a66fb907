import type { Failure } from '../core/failure.ts'
import type { Seen, StreamReader, StreamStep } from './dialect.ts'
import { emptyStep } from './openai/pass-json.ts'
import { firstCharacter } from './stream-opening.ts'

/** What one reader of a stream tells the other. */
export type Telling = {
  hear: (cost: Seen['cost']) => void
  hearHeaders: (headers: Record<string, string>) => void
  mark: (seen: Seen) => Seen
  billed: (failure: Failure) => Failure
  /** What a JSON text says. */
  cost: (text: string) => Seen['cost']
}

const lineFeed = 10

/**
 * The reader, with somebody who reads every line before it does. Bytes are handed on in pieces that end where a line with a cost
 * begins, so that what the client is told does not depend on how the stream was split. Almost all chunks have no such line and pass
 * as they are: `names` are looked for in bytes.
 */
export function toldInStream(reader: StreamReader, telling: Telling, names: readonly string[]): StreamReader {
  // Sound and the like has no lines.
  if (reader.breaks || reader.headers) return reader
  const lines = lineWatch(telling, names)
  const read = (step: StreamStep): StreamStep =>
    step.failure ? { ...step, failure: telling.billed(step.failure) } : step
  const push = (chunk: Uint8Array): StreamStep => {
    const step = emptyStep()
    let from = 0
    for (const { start, cost } of lines.push(chunk)) {
      if (start > from && add(step, read(reader.push(chunk.subarray(from, start))))) return step
      from = Math.max(start, from)
      telling.hear(cost)
    }
    if (from < chunk.length) add(step, read(reader.push(from === 0 ? chunk : chunk.subarray(from))))
    return step
  }
  return {
    open: (headers) => {
      telling.hearHeaders(headers)
      reader.open?.(headers)
    },
    push,
    end: () => {
      telling.hear(lines.end())
      return read(reader.end())
    },
    fail: (error) => reader.fail(error),
    ending: () => reader.ending?.() === true,
    interrupted: () => reader.interrupted?.(),
    ...(reader.beat && { beat: reader.beat }),
    get seen() {
      return telling.mark(reader.seen)
    },
  }
}

type Found = { start: number; cost: Seen['cost'] }

/**
 * Finds lines that tell a cost: `start` is where one begins in its chunk, or 0 where it began in an earlier one. What begins with a
 * brace is one JSON text, which some hosts answer a streaming request with: it is read at its end.
 */
function lineWatch({ cost }: Telling, names: readonly string[]) {
  let carried: Uint8Array[] = []
  let first: string | undefined
  const told = (line: Buffer, start: number): Found[] => {
    if (!names.some((name) => line.includes(name))) return []
    const text = line.toString()
    const found = cost(text.startsWith('data:') ? text.slice('data:'.length) : text)
    return found === undefined ? [] : [{ start, cost: found }]
  }
  return {
    push(chunk: Uint8Array): Found[] {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
      const last = bytes.lastIndexOf(lineFeed)
      first ??= firstCharacter(bytes)
      if (last < 0 || first === undefined || first === '{') {
        carried.push(chunk)
        return []
      }
      const end = bytes.indexOf(lineFeed)
      const found = told(Buffer.concat([...carried, bytes.subarray(0, end)]), 0)
      carried = [chunk.subarray(last + 1)]
      if (!names.some((name) => bytes.includes(name, end))) return found
      for (let start = end + 1; start <= last;) {
        const behind = bytes.indexOf(lineFeed, start)
        found.push(...told(bytes.subarray(start, behind), start))
        start = behind + 1
      }
      return found
    },
    end: (): Seen['cost'] => told(Buffer.concat(carried.splice(0)), 0)[0]?.cost,
  }
}

/** True where nothing may follow. */
function add(step: StreamStep, next: StreamStep): boolean {
  step.bytes.push(...next.bytes)
  step.tail.push(...next.tail)
  step.content ||= next.content
  step.finished ||= next.finished
  if (next.failure) step.failure = next.failure
  return step.finished || next.failure !== undefined
}
