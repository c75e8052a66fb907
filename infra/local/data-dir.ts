import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isObject, tryParse } from '../../lib/core/json.ts'
import { startOf } from './processes.ts'

/** Everything a server keeps, in one folder. Two servers on it would deliver each other's events and fight over one engine. */
export type DataDir = {
  path: string
  /** File of the embedded engine. */
  store: string
  file(name: string): string
  release: () => void
}

/**
 * Takes the folder for this process, creating it if need be. A lock whose process is gone (`kill -9`) is taken over.
 * Throws where another server runs on it, naming its process.
 */
export function lockDataDir(dir: string): DataDir {
  const path = resolve(dir)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const lock = join(path, 'server.lock')
  const own = join(path, `server.lock.${process.pid}`)
  writeFileSync(own, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }))
  try {
    takeLock(lock, own, path)
  } finally {
    rmSync(own, { force: true })
  }
  return {
    path,
    store: join(path, 'store.db'),
    file: (name) => join(path, name),
    release: () => rmSync(lock, { force: true }),
  }
}

/** A hard link appears complete or not at all, and fails where the name exists: of two servers that start at once one wins. */
function takeLock(lock: string, own: string, path: string): void {
  if (linked(own, lock)) return
  const found = read(lock)
  const pid = runningOwner(found)
  if (pid !== undefined) throw inUse(path, pid)
  const stale = `${own}.stale`
  try {
    renameSync(lock, stale)
  } catch {
    // another starting server has moved the stale lock away; the link below decides
  }
  // Between reading and renaming a faster server may have put its own lock there: then it is given back.
  const moved = read(stale)
  if (moved !== undefined && moved !== found) linked(stale, lock)
  rmSync(stale, { force: true })
  if (!linked(own, lock)) throw inUse(path, runningOwner(read(lock)))
}

const inUse = (path: string, pid: number | undefined) =>
  new Error(
    `The data directory ${path} is in use by the server with process id ${pid ?? 'unknown'}. ` +
      'Stop that one, or set PURSER_DATA_DIR to another folder.',
  )

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function runningOwner(text: string | undefined): number | undefined {
  const owner = tryParse(text ?? '')
  if (!isObject(owner) || typeof owner.pid !== 'number') return undefined
  return startOf(owner.pid) === owner.start ? owner.pid : undefined
}
