import { GatewayError } from '../core/errors.ts'
import { type Call, jsonReply, type Reply } from '../core/http.ts'
import { isObject, type JsonObject, stringOf } from '../core/json.ts'
import type { StoredTurn, StoredTurns } from '../core/stored-turn.ts'
import type { Caller } from '../steps/authenticate.ts'
import type { Machine } from './completion.ts'
import { turnReader, turnsOf } from './responses-turns.ts'

/** What is asked of a stored response. */
export type Asked = { machine: Machine; call: Call; caller: Caller; id: string }

export async function showResponse(asked: Asked): Promise<Reply> {
  if (asked.call.query.stream === 'true')
    throw new GatewayError('unsupported_parameter', {
      param: 'stream',
      message: "'stream' is not supported here: a stored response is complete, so ask for it without stream.",
    })
  const { turn } = await found(asked)
  return jsonReply(200, turn.response)
}

export async function deleteResponse(asked: Asked): Promise<Reply> {
  const { turns, turn } = await found(asked)
  await turns.remove(turn.id)
  return jsonReply(200, { id: turn.id, object: 'response', deleted: true })
}

/** Only what runs in the background can be cancelled, and nothing does here. */
export async function cancelResponse(asked: Asked): Promise<Reply> {
  await found(asked)
  throw new GatewayError('invalid_request', {
    message: 'This response is complete: only a response that was made in the background can be cancelled.',
  })
}

const perPage = 20
const mostPerPage = 100

/** What the response was made from, newest first (`order`), page by page (`limit`, `after`). */
export async function inputItemsOf(asked: Asked): Promise<Reply> {
  const { turns, turn } = await found(asked)
  const { query } = asked.call
  const size = Math.min(Math.max(Math.trunc(Number(query.limit ?? perPage)) || perPage, 1), mostPerPage)
  const { get } = turnReader(turns, asked.caller)
  const before = (await Promise.all(turn.before.map(get))).flatMap((one) => (one ? [one] : []))
  const all = [...before.flatMap((one) => [...ownItems(one), ...outputOf(one)]), ...ownItems(turn)]
  if (query.order !== 'asc') all.reverse()
  const from = query.after === undefined ? 0 : all.findIndex(({ id }) => id === query.after) + 1
  const data = all.slice(from, from + size)
  return jsonReply(200, {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + size < all.length,
  })
}

const outputOf = ({ response }: StoredTurn): JsonObject[] =>
  Array.isArray(response.output) ? response.output.filter(isObject) : []

/** Items that came without an id have one here, the same each time. */
const ownItems = (turn: StoredTurn): JsonObject[] =>
  turn.input.filter(isObject).map((item, at) => {
    const own = { ...item, type: stringOf(item.type) ?? 'message' }
    const text = stringOf(item.content)
    return {
      id: `in_${turn.id.replace(/^resp_/, '')}_${at}`,
      ...own,
      ...(text === undefined ? {} : { content: [{ type: 'input_text', text }] }),
    }
  })

async function found({ machine, caller, id }: Asked): Promise<{ turns: StoredTurns; turn: StoredTurn }> {
  const turns = turnsOf(machine)
  const turn = turns && (await turnReader(turns, caller).get(id))
  if (turns && turn) return { turns, turn }
  throw new GatewayError('not_found', {
    message: turns
      ? `Response with id '${id}' not found.`
      : 'This gateway keeps no responses (general_settings.store_responses).',
    param: 'response_id',
  })
}
