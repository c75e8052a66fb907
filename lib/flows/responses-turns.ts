import { GatewayError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../core/json.ts'
import type { GatewayPorts } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import { ownerOf, type StoredTurn, type StoredTurns } from '../core/stored-turn.ts'
import type { ChatCall } from '../dialects/dialect.ts'
import { inputItems } from '../dialects/responses/call.ts'
import { responseIdOf } from '../dialects/responses/output.ts'
import type { Caller } from '../steps/authenticate.ts'
import { unavailableError } from '../steps/refusal.ts'
import { splice } from '../wire/json-splice.ts'
import type { Machine } from './completion.ts'

/** A request whose conversation is whole. */
export type Whole = {
  read: ChatCall
  /** Items in front of its own, from turns before it. */
  earlier: number
  /** What is stored of it: its own items, references resolved, and the turns it goes on from. */
  own: Json[]
  before: string[]
}

/** Whose turns the caller may read, and whose its own are. */
export const holderOf = ({ key }: Caller): Pick<StoredTurn, 'key' | 'team'> => ({
  ...(key && { key: key.id }),
  ...(key?.teamId !== undefined && { team: key.teamId }),
})

/** The store, where the config and the door have one. */
export const turnsOf = ({ config, ports }: Pick<Machine, 'config' | 'ports'>): StoredTurns | undefined =>
  config.storeResponses === false ? undefined : ports.turns

/**
 * Puts the turns that a request goes on from in front of its input, and stored items in the place of references to them: the
 * provider is sent the whole conversation, whichever provider answered before.
 * @throws GatewayError `invalid_request` where something it names is not stored, or not the caller's
 */
export async function wholeRequest(
  machine: Pick<Machine, 'config' | 'ports'>,
  caller: Caller,
  read: ChatCall,
): Promise<Whole> {
  const previous = stringOf(read.body.previous_response_id)
  const items = inputItems(read.body.input)
  if (previous === undefined && !items.some(isReference)) return { read, earlier: 0, own: items, before: [] }
  const turns = turnsOf(machine)
  if (!turns) throw notKept(previous === undefined ? 'input' : 'previous_response_id')
  const reader = turnReader(turns, caller)
  const [chain, own] = await Promise.all([
    previous === undefined ? [] : chainOf(reader, previous),
    Promise.all(items.map((item, at) => resolved(reader, item, `input[${at}]`))),
  ])
  const earlier = chain.flatMap(({ input, response }) => [...input, ...listOf(response.output)])
  const input = [...earlier, ...own]
  const body = { ...read.body, input }
  return {
    read: { ...read, body, text: splice(read.text, { set: { input } }) },
    earlier: earlier.length,
    own,
    before: chain.map(({ id }) => id),
  }
}

const notKept = (param: string): GatewayError =>
  new GatewayError('unsupported_parameter', {
    param,
    message: `'${param}' refers to a stored response, and this gateway keeps none (general_settings.store_responses): send the whole conversation in input.`,
  })

type Reader = (id: string) => Promise<StoredTurn | undefined>
type Turns = { get: Reader; holderOf: (itemId: string) => Promise<string | undefined> }

/** Turns of the caller's own, each asked for once. A store that does not answer is no fault of the request. */
export function turnReader(turns: StoredTurns, caller: Caller): Turns {
  const known = new Map<string, Promise<StoredTurn | undefined>>()
  const own = holderOf(caller)
  return {
    get(id) {
      if (!isId(id)) return Promise.resolve(undefined)
      const turn =
        known.get(id) ?? turns.get(id).then((found) => (found && mayRead(own, found) ? found : undefined), unreadable)
      known.set(id, turn)
      return turn
    },
    holderOf: async (itemId) =>
      responseIdOf(itemId) ?? (isId(itemId) ? turns.holderOf(ownerOf(own), itemId).catch(unreadable) : undefined),
  }
}

/** Ids are ours, or a provider's: what is longer than any of them, or no valid text, was never stored and cannot be a key of the store. */
const isId = (id: string): boolean => id.length <= 512 && id.isWellFormed()

const unreadable = (error: unknown): never => {
  throw unavailableError('stored responses could not be read', error)
}

/** A key that has joined a team keeps what it had before. */
const mayRead = (own: Pick<StoredTurn, 'key' | 'team'>, turn: StoredTurn): boolean =>
  own.key === turn.key || (turn.team !== undefined && own.team === turn.team)

async function chainOf({ get }: Turns, id: string): Promise<StoredTurn[]> {
  const last = await get(id)
  if (!last) throw notFound(id)
  const before = await Promise.all(last.before.map(async (one) => (await get(one)) ?? notThere(one)))
  return [...before, last]
}

function notThere(id: string): never {
  throw notFound(id)
}

const notFound = (id: string): GatewayError =>
  new GatewayError('invalid_request', {
    message: `Previous response with id '${id}' not found.`,
    param: 'previous_response_id',
    publicCode: 'previous_response_not_found',
  })

/** Items that stand for one that is stored: references, reasoning that came without its seal, pictures without theirs. */
const isReference = (item: JsonObject): boolean =>
  item.type === 'item_reference' || isBareReasoning(item) || isBarePicture(item)
const isBareReasoning = ({ type, id, encrypted_content: seal }: JsonObject): boolean =>
  type === 'reasoning' && typeof id === 'string' && !seal

const isBarePicture = ({ type, id, result }: JsonObject): boolean =>
  type === 'image_generation_call' && typeof id === 'string' && !result

async function resolved({ get, holderOf }: Turns, item: JsonObject, param: string): Promise<JsonObject> {
  const id = stringOf(item.id)
  if (!isReference(item) || id === undefined) return item
  const holder = await holderOf(id)
  const turn = holder === undefined ? undefined : await get(holder)
  const all = turn ? [...turn.input, ...listOf(turn.response.output)] : []
  const found = all.find((one) => isObject(one) && one.id === id)
  if (found !== undefined) return objectOf(found)
  if (item.type !== 'item_reference') return item
  throw new GatewayError('invalid_request', {
    message: `Item with id '${id}' not found: it is not stored, or it is not this key's. Send the item itself.`,
    param,
  })
}

/** What keeping a turn takes. */
export type Keeping = {
  turns: StoredTurns
  turn: Omit<StoredTurn, 'response'>
  log: GatewayPorts['log']
  requestId: string
}

/** Whether the response could be kept. An answer is not lost for that: the client is told by `store: false`. */
export async function keep({ turns, turn, log, requestId }: Keeping, response: JsonObject): Promise<boolean> {
  const ids = listOf(response.output).flatMap((item) => stringOf(objectOf(item).id) ?? [])
  try {
    await turns.put(
      { ...turn, response },
      ids.filter((id) => responseIdOf(id) !== turn.id),
    )
    return true
  } catch (error) {
    log('error', 'a response could not be kept', { request_id: requestId, reason: reasonFor(error) })
    return false
  }
}
