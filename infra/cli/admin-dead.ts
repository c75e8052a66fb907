import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, stringOf, tryParse } from '../../lib/core/json.ts'
import { openJournal } from '../local/journal.ts'
import { readLines } from '../local/segments.ts'
import { type Command, wordsOf } from './admin-command.ts'
import { numberOption, UsageError } from './admin-options.ts'
import { eventHead, eventLine } from './admin-event.ts'
import { type DeadQueue, peek, redrive, sqsDeadQueue } from './admin-queue.ts'
import type { AdminStore } from './admin-store.ts'
import { json, table } from './admin-table.ts'
import type { World } from './admin-world.ts'

const most = 100

export const deadCommands: readonly Command[] = [
  {
    name: 'dead list',
    summary: `spend events and alerts that could not be handled (at most --limit, ${most})`,
    options: ['limit'],
    prepare: (given) => {
      wordsOf(given, 'dead list')
      const limit = numberOption(given.options, 'limit', most)
      return async (world) => {
        const letters = await lettersOf(world, limit)
        if (given.json) return json(letters)
        if (!letters.length) return 'No dead letters.'
        const rows = letters.map(({ queue, id, body }) => [queue, id, ...eventLine(body)])
        return `${letters.length} dead letters.\n\n${table(['queue', 'letter', ...eventHead], rows)}`
      }
    },
  },
  {
    name: 'dead show',
    words: '<letter>',
    summary: 'one of them as it is',
    prepare: (given) => {
      const [id] = wordsOf(given, 'dead show', 'the letter of `dead list`')
      return async (world) => {
        const letter = (await lettersOf(world, 10_000)).find((one) => one.id === id)
        if (!letter)
          throw new Error(`There is no dead letter ${id}. Remedy: take it from \`npm run admin -- dead list\`.`)
        return json({
          ...letter,
          body: typeof letter.body === 'string' ? (tryParse(letter.body) ?? letter.body) : letter.body,
        })
      }
    },
  },
  {
    name: 'dead redrive',
    words: '[<letter>]',
    summary: 'hand them to the aggregator again, once what made them fail is mended; a copy changes nothing',
    options: ['limit'],
    prepare: (given) => {
      const [id, ...more] = given.words
      if (more.length) throw new UsageError('`dead redrive` takes one letter, or none for all of them.')
      const limit = numberOption(given.options, 'limit', Infinity)
      return async (world) => redriven(world, { most: limit, ...(id !== undefined && { id }) })
    },
  },
]

type Shown = { queue: string; id: string; body: unknown }

async function lettersOf(world: World, limit: number): Promise<Shown[]> {
  const stack = await world.stack()
  if (!stack) return localLetters(await world.store()).slice(0, limit)
  const spend = sqsDeadQueue('spend', stack.deadUrl, stack.queueUrl)
  const alerts = sqsDeadQueue('alerts', stack.undeliveredUrl, stack.undeliveredUrl)
  const found: Shown[] = []
  for (const queue of [spend, alerts]) found.push(...(await shownOf(queue, limit)))
  return found.slice(0, limit)
}

const shownOf = async (queue: DeadQueue, limit: number): Promise<Shown[]> =>
  (await peek(queue, limit)).map(({ id, body }) => ({ queue: queue.name, id, body }))

async function redriven(world: World, of: { most: number; id?: string }) {
  const stack = await world.stack()
  if (!stack) return localRedrive(await world.store(), of.id)
  const queue = sqsDeadQueue('spend', stack.deadUrl, stack.queueUrl)
  const moved = await redrive(queue, of)
  if (of.id !== undefined && !moved)
    throw new Error(`There is no dead spend event ${of.id}. Remedy: take it from \`npm run admin -- dead list\`.`)
  return `${moved} dead letters are back in the queue of the aggregator, about ${await queue.count()} are left.`
}

/** The queues of a local server, in its folder. */
const localQueues = ['journal', 'alerts'] as const

function localLetters({ local }: AdminStore): Shown[] {
  if (!local) throw noQueue()
  return localQueues.flatMap((queue) =>
    readLines(join(local.dir, queue, 'dead.jsonl')).flatMap(({ text, complete }) => {
      const letter = tryParse(text)
      if (!complete || !isObject(letter)) return []
      return [{ queue: queue === 'journal' ? 'spend' : queue, id: stringOf(letter.id) ?? '-', body: letter.body }]
    }),
  )
}

/** Opening a journal raises its dead: they are handled at the next start. A running server does that when it is started anew. */
function localRedrive(store: AdminStore, id: string | undefined): string {
  const { local } = store
  if (!local) throw noQueue()
  if (id !== undefined)
    throw new Error(`On one machine all dead letters are handed on together. Remedy: leave ${id} out.`)
  const count = localLetters(store).length
  if (!count) return 'No dead letters.'
  if (local.running)
    throw new Error(
      `The server on ${local.dir} hands on its ${count} dead letters when it starts. Remedy: stop it and start it again.`,
    )
  for (const queue of localQueues) {
    const dir = join(local.dir, queue)
    if (existsSync(join(dir, 'dead.jsonl'))) openJournal(dir, () => undefined).journal.close()
  }
  return `${count} dead letters will be handed on at the next start.`
}

const noQueue = () =>
  new Error('The dead letters of a table on AWS lie in its queues. Remedy: --stack NAME, so that they are found.')
