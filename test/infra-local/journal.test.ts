import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJournal } from '../../infra/local/journal.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'purser-journal-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const silent = () => {}
const bodies = (entries: { body: unknown }[]) => entries.map(({ body }) => body)

test('gives back what was not confirmed, in order, to the next process', () => {
  const first = openJournal(dir, silent).journal
  const [one, two] = first.append([{ n: 1 }, { n: 2 }])
  first.append([{ n: 3 }])
  first.confirm([two?.id ?? ''])

  const { pending } = openJournal(dir, silent)

  expect(bodies(pending)).toEqual([{ n: 1 }, { n: 3 }])
  expect(pending[0]?.id).toBe(one?.id)
})

test('leaves out a line whose writer was killed in the middle of it, and says so', () => {
  openJournal(dir, silent).journal.append([{ n: 1 }])
  appendFileSync(join(dir, '00000001.jsonl'), '{"n":2')
  const said: string[] = []

  const { pending, journal } = openJournal(dir, (_, message) => said.push(message))
  journal.append([{ n: 3 }])

  expect(bodies(pending)).toEqual([{ n: 1 }])
  expect(said).toHaveLength(1)
  expect(bodies(openJournal(dir, silent).pending)).toEqual([{ n: 1 }, { n: 3 }])
})

test('hands on a complete line that is no JSON as it is', () => {
  writeFileSync(join(dir, '00000001.jsonl'), 'garbage\n{"n":1}\n')

  expect(bodies(openJournal(dir, silent).pending)).toEqual(['garbage', { n: 1 }])
})

test('removes segments that are done, and keeps those that are not', () => {
  const { journal } = openJournal(dir, silent)
  const early = journal.append(Array.from({ length: 1000 }, (_, n) => ({ n })))
  const kept = journal.append([{ n: 1000 }])
  const later = journal.append(Array.from({ length: 1200 }, (_, n) => ({ n })))
  journal.append([{ n: 'current' }])

  journal.confirm(early.map(({ id }) => id))
  journal.confirm(later.map(({ id }) => id))

  expect(kept[0]?.id).toBe('00000002-0')
  expect(readdirSync(dir).filter((name) => name.endsWith('.jsonl'))).toEqual(['00000002.jsonl', '00000003.jsonl'])
  expect(bodies(openJournal(dir, silent).pending)).toEqual([{ n: 1000 }, { n: 'current' }])
})

test('leaves no file of a finished run behind', () => {
  const { journal } = openJournal(dir, silent)
  journal.confirm(journal.append([{ n: 1 }]).map(({ id }) => id))

  journal.close()

  expect(readdirSync(dir)).toEqual([])
})

test('never takes old confirmations for those of a new segment of the same number', () => {
  writeFileSync(join(dir, '00000001.done'), '0\n1\n')
  openJournal(dir, silent).journal.append([{ n: 1 }, { n: 2 }])

  expect(bodies(openJournal(dir, silent).pending)).toEqual([{ n: 1 }, { n: 2 }])
})

test('keeps dead letters in a file, and delivers them again after a start', () => {
  const first = openJournal(dir, silent).journal
  first.bury(first.append([{ poison: true }]))
  expect(readFileSync(join(dir, 'dead.jsonl'), 'utf8')).toContain('{"poison":true}')

  const { pending } = openJournal(dir, silent)

  expect(bodies(pending)).toEqual([{ poison: true }])
  expect(readdirSync(dir)).not.toContain('dead.jsonl')
})
