import type { Json, JsonObject } from './json.ts'

/** One answered request of the responses API, kept so that a later one can go on from it. */
export type StoredTurn = {
  /** The response's id. */
  id: string
  /** Milliseconds since 1970. */
  createdAt: number
  /** Whose it is: a key's, and its team's. Neither: the administrator's. */
  key?: string
  team?: string
  /** Ids of the turns it goes on from, oldest first. */
  before: string[]
  /** Items that this request added to them. */
  input: Json[]
  /** As the client got it. */
  response: JsonObject
}

/** Where turns are kept, for 30 days. Who may read one is for the caller of this to check. */
export type StoredTurns = {
  /** `itemIds`: items whose response cannot be told from their own id. Rejects where it is not safe. */
  put(turn: StoredTurn, itemIds: readonly string[]): Promise<void>
  get(id: string): Promise<StoredTurn | undefined>
  remove(id: string): Promise<void>
  /** The response that holds an item, of those that this owner (`ownerOf`) has put. */
  holderOf(owner: string, itemId: string): Promise<string | undefined>
}

/** A turn is shared within a team, and else its key's own. */
export const ownerOf = ({ key, team }: Pick<StoredTurn, 'key' | 'team'>): string =>
  team === undefined ? (key === undefined ? '-' : `key:${key}`) : `team:${team}`
