import { appendFileSync, closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, tryParse } from '../../lib/core/json.ts'
import type { Log } from '../../lib/core/ports.ts'
import {
  doneFile,
  type Entry,
  messagesFile,
  nextSegment,
  readLines,
  readSegments,
  type Segment,
  type Segments,
} from './segments.ts'

/**
 * Messages in files: segments of JSON lines (`00000001.jsonl`), beside each the numbers of the lines that are confirmed
 * (`00000001.done`), and `dead.jsonl` for those that were given up. Writes are synchronous: what `append` returned for is
 * in the kernel's hands, so no kill of this process loses it. They are not synced to the medium: a machine that loses its
 * power may lose the last second, whose holds then stay counted under their names.
 */
export type Journal = {
  append: (bodies: readonly unknown[]) => Entry[]
  confirm: (ids: readonly string[]) => void
  /** Moves messages to the dead letters. They are delivered again after the next start. */
  bury: (entries: readonly Entry[]) => void
  close: () => void
}

type Files = { dir: string; segments: Segments; current: Segment; descriptor: number }

const segmentLines = 1000
const segmentBytes = 4_000_000

/** Opens a journal, creating the folder if need be; `pending` is everything not confirmed yet, oldest first. */
export function openJournal(dir: string, log: Log): { journal: Journal; pending: Entry[] } {
  mkdirSync(dir, { recursive: true })
  const { segments, pending } = readSegments(dir, log)
  const current = nextSegment(dir, segments)
  const files: Files = { dir, segments, current, descriptor: openSync(messagesFile(dir, current.name), 'a') }
  removeFinished(files)
  const raised = raiseDead(files)
  if (raised.length > 0) log('warn', 'dead letters are delivered again', { count: raised.length, dir })
  const journal: Journal = {
    append: (bodies) => append(files, bodies),
    confirm: (ids) => confirm(files, ids),
    bury: (entries) => {
      appendFileSync(deadFile(dir), entries.map(({ id, body }) => `${JSON.stringify({ id, body })}\n`).join(''))
      confirm(
        files,
        entries.map(({ id }) => id),
      )
    },
    close: () => {
      closeSync(files.descriptor)
      if (files.current.open.size === 0) remove(files, files.current)
    },
  }
  return { journal, pending: [...pending, ...raised] }
}

const deadFile = (dir: string) => join(dir, 'dead.jsonl')

function append(files: Files, bodies: readonly unknown[]): Entry[] {
  if (files.current.lines >= segmentLines || files.current.bytes >= segmentBytes) rotate(files)
  const { current, descriptor } = files
  const lines = Buffer.from(bodies.map((body) => `${JSON.stringify(body)}\n`).join(''))
  try {
    for (let at = 0; at < lines.length;) at += writeSync(descriptor, lines, at)
  } catch (error) {
    // All or nothing: half a line on a full disk would make the next one unreadable.
    ftruncateSync(descriptor, current.bytes)
    throw error
  }
  current.bytes += lines.length
  return bodies.map((body) => {
    current.open.add(current.lines)
    return { id: `${current.name}-${current.lines++}`, body }
  })
}

function rotate(files: Files): void {
  closeSync(files.descriptor)
  files.current = nextSegment(files.dir, files.segments)
  files.descriptor = openSync(messagesFile(files.dir, files.current.name), 'a')
  removeFinished(files)
}

function removeFinished(files: Files): void {
  for (const segment of files.segments.values())
    if (segment !== files.current && segment.open.size === 0) remove(files, segment)
}

/** The messages go first: confirmations without their segment mean nothing, the other way round all would come again. */
function remove({ dir, segments }: Files, { name }: Segment): void {
  rmSync(messagesFile(dir, name), { force: true })
  rmSync(doneFile(dir, name), { force: true })
  segments.delete(name)
}

function confirm(files: Files, ids: readonly string[]): void {
  const groups = Map.groupBy(ids, (id) => id.split('-')[0] ?? '')
  for (const [name, group] of groups) {
    const segment = files.segments.get(name)
    if (!segment) continue
    const lines = group.map((id) => Number(id.split('-')[1]))
    for (const line of lines) segment.open.delete(line)
    if (segment !== files.current && segment.open.size === 0) remove(files, segment)
    else appendFileSync(doneFile(files.dir, name), lines.map((line) => `${line}\n`).join(''))
  }
}

/** A restart is the operator's word that whatever made them fail is mended; if it is not, they come back here. */
function raiseDead(files: Files): Entry[] {
  const file = deadFile(files.dir)
  const letters = readLines(file).filter(({ complete }) => complete)
  if (letters.length === 0) return []
  const entries = append(
    files,
    letters.map(({ text }) => {
      const letter = tryParse(text)
      return isObject(letter) ? letter.body : text
    }),
  )
  rmSync(file)
  return entries
}
