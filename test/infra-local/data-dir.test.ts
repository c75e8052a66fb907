import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDataDir } from '../../infra/local/data-dir.ts'
import { startOf } from '../../infra/local/processes.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'purser-data-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

test('two servers on one data directory: the second is refused, and told what to do', () => {
  const first = lockDataDir(dir)

  expect(() => lockDataDir(dir)).toThrow(
    new RegExp(`in use by the server with process id ${process.pid}\\. Stop that one, or set PURSER_DATA_DIR`),
  )

  first.release()
  lockDataDir(dir).release()
  expect(readdirSync(dir)).toEqual([])
})

test('the lock of a process that is gone is taken over', () => {
  writeFileSync(join(dir, 'server.lock'), JSON.stringify({ pid: 2 ** 22 - 1, start: '1' }))

  expect(() => lockDataDir(dir)).not.toThrow()
})

test('the lock of a process whose id another one has by now is taken over', () => {
  writeFileSync(join(dir, 'server.lock'), JSON.stringify({ pid: process.ppid, start: 'earlier' }))

  expect(() => lockDataDir(dir)).not.toThrow()
})

test('a running process is known by its start', () => {
  writeFileSync(join(dir, 'server.lock'), JSON.stringify({ pid: process.ppid, start: startOf(process.ppid) }))

  expect(() => lockDataDir(dir)).toThrow(`process id ${process.ppid}`)
})

test('a torn lock was never held', () => {
  writeFileSync(join(dir, 'server.lock'), '{"pid":')

  expect(() => lockDataDir(dir)).not.toThrow()
})
