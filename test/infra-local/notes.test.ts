import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileNotes, lostEvent } from '../../lib/aws/notes.ts'
import type { Note } from '../../lib/core/ports.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'purser-notes-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const note = (id: string): Note => ({
  id,
  at: 1_795_000_000_000,
  request_id: 'r-1',
  key_id: 'k-1',
  model: 'gpt',
  deployment_id: 'd-1',
  provider: 'p',
  holds: [{ pk: 'BUDGET#key#k-1', sk: '1mo#2026-11', amount: 500 }],
})

test('the next start finds the notes that were not erased', () => {
  const before = fileNotes(dir)
  before.write(note('0000000000000aA'))
  before.write(note('0000000000000bB'))

  before.erase('0000000000000bB')

  expect(fileNotes(dir).leftovers()).toEqual([note('0000000000000aA')])
})

test('erasing twice, or what was never written, is fine', () => {
  const notes = fileNotes(join(dir, 'not-there-yet'))

  notes.erase('0000000000000aA')

  expect(notes.leftovers()).toEqual([])
})

test('a torn note belongs to an attempt that never went upstream: it is removed', () => {
  writeFileSync(join(dir, '0000000000000cC.json'), '{"id":"0000000000000cC","ho')

  expect(fileNotes(dir).leftovers()).toEqual([])
  expect(readdirSync(dir)).toEqual([])
})

test('a note becomes an event that is lost, costs nothing, and names the holds that stay', () => {
  const event = lostEvent(note('0000000000000aA'), 1_795_000_060_000)

  expect(event).toMatchObject({ outcome: 'lost', cost: 0, key_id: 'k-1', holds: note('x').holds, estimated: true })
  expect(event).not.toHaveProperty('team_id')
})
