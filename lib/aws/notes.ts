import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, tryParse } from '../core/json.ts'
import type { Note, Notes } from '../core/ports.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import { noUsage } from '../core/usage.ts'

/**
 * Notes as one small file per attempt under `dir` (`/tmp` on Lambda, the data directory elsewhere). Written synchronously,
 * so that a process that is killed after it went upstream has left one; not synced to the medium, because a machine that
 * loses its power keeps the hold in the store, which counts until somebody knows better.
 */
export function fileNotes(dir: string): Notes {
  mkdirSync(dir, { recursive: true })
  const fileOf = (id: string) => join(dir, `${id}.json`)
  return {
    write: (note) => writeFileSync(fileOf(note.id), JSON.stringify(note)),
    erase: (id) => rmSync(fileOf(id), { force: true }),
    leftovers: () => readdirSync(dir).flatMap((name) => readNote(join(dir, name))),
  }
}

/** A torn note was being written when the process died, so its attempt never went upstream: it is removed, not reported. */
function readNote(file: string): Note[] {
  if (!file.endsWith('.json')) return []
  const note = tryParse(readFileSync(file, 'utf8'))
  if (isObject(note) && typeof note.id === 'string' && Array.isArray(note.holds)) return [note as unknown as Note]
  rmSync(file, { force: true })
  return []
}

/**
 * What a note becomes at the next start: an entry that says an attempt was under way when its gateway was killed. It costs
 * nothing here and never counts as final, because the true event may still be in the queue (money protocol, 4).
 */
export const lostEvent = (note: Note, now: number): SpendEvent => ({
  version: 1,
  id: note.id,
  request_id: note.request_id,
  start: note.at,
  end: now,
  outcome: 'lost',
  call_type: 'chat',
  stream: false,
  ...(note.key_id !== undefined && { key_id: note.key_id }),
  ...(note.key_alias !== undefined && { key_alias: note.key_alias }),
  ...(note.user_id !== undefined && { user_id: note.user_id }),
  ...(note.team_id !== undefined && { team_id: note.team_id }),
  tags: [],
  requested_model: note.model,
  model_group: note.model,
  deployment_id: note.deployment_id,
  upstream_model: '',
  provider: note.provider,
  client_dialect: '',
  upstream_dialect: '',
  usage: noUsage,
  cost: 0,
  price_source: 'unknown',
  estimated: true,
  holds: note.holds,
  ...(note.shadow && { shadow: true as const }),
  status: 500,
  error: 'The gateway was killed while this attempt was under way; what it cost is not known.',
  attempted_retries: 0,
  attempted_fallbacks: 0,
})
