import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { tryParse } from '../../lib/core/json.ts'
import type { Log } from '../../lib/core/ports.ts'

/** One message of a journal. The id names its segment and line, and stays the same over restarts. */
export type Entry = { id: string; body: unknown }

/** One file of messages: how many lines it has, and which of them are not confirmed yet. */
export type Segment = { name: string; lines: number; open: Set<number>; bytes: number }
export type Segments = Map<string, Segment>

export const messagesFile = (dir: string, name: string): string => join(dir, `${name}.jsonl`)
export const doneFile = (dir: string, name: string): string => join(dir, `${name}.done`)

/** Every segment of a folder, and all messages not confirmed yet, oldest first. */
export function readSegments(dir: string, log: Log): { segments: Segments; pending: Entry[] } {
  const names = readdirSync(dir).flatMap((file) => /^(\d+)\.jsonl$/.exec(file)?.[1] ?? [])
  const segments: Segments = new Map()
  const pending: Entry[] = []
  for (const name of names.sort()) {
    const done = new Set(readLines(doneFile(dir, name)).map(({ text }) => Number(text)))
    const lines = readLines(messagesFile(dir, name))
    const segment: Segment = { name, lines: lines.length, open: new Set(), bytes: 0 }
    for (const [number, { text, complete }] of lines.entries()) {
      if (!complete)
        log('warn', 'a message that was being written when the process ended is left out', { name, number })
      if (!complete || done.has(number)) continue
      segment.open.add(number)
      // A line that is no JSON is delivered as it is: whoever handles it refuses it, and it ends in the dead letters.
      pending.push({ id: `${name}-${number}`, body: tryParse(text) ?? text })
    }
    segments.set(name, segment)
  }
  return { segments, pending }
}

/** A new segment, added to the others. Never one that was used before: a torn last line must not be continued. */
export function nextSegment(dir: string, segments: Segments): Segment {
  const number = Math.max(0, ...[...segments.keys()].map(Number)) + 1
  const segment = { name: String(number).padStart(8, '0'), lines: 0, open: new Set<number>(), bytes: 0 }
  // Left by a process that was killed while it removed a finished segment: these numbers speak of other messages.
  rmSync(doneFile(dir, segment.name), { force: true })
  segments.set(segment.name, segment)
  return segment
}

/** `complete` is false for a last line without its end: its writer was killed, and never told anybody that it was written. */
export function readLines(file: string): { text: string; complete: boolean }[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  const torn = lines.pop() ?? ''
  return [...lines.map((text) => ({ text, complete: true })), ...(torn ? [{ text: torn, complete: false }] : [])]
}
