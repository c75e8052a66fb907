import type { Budgets, AttemptId, Hold } from './budget.ts'
import type { Records } from './records.ts'
import type { RouteStore } from './routing.ts'
import type { BusEvent, ContentEvent } from './spend-event.ts'
import type { Seals } from './seals.ts'
import type { StoredTurns } from './stored-turn.ts'

/** Everything that is asked of the world. Doors build these and hand them in; nothing else reads a clock or draws a number. */
export type Clock = {
  /** Milliseconds since 1970. */
  now: () => number
  /** Resolves after `ms`, earlier when aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A picture or a document. */
export type Media = { mediaType: string; base64: string }

/** What is at an address that a client named, or why nothing is, in words for the client. Never rejects. */
export type FetchMedia = (url: string) => Promise<Media | { refused: string }>

/** Uniform in [0, 1). */
export type Random = () => number

export type UpstreamRequest = {
  method: 'POST' | 'GET' | 'DELETE'
  url: string
  headers: Record<string, string>
  /** A list is sent piece after piece: forms with files are not copied to change one field. */
  body: Uint8Array | string | readonly Uint8Array[]
  connectTimeoutMs: number
  /** Until the reply's headers are here, counted from sending. */
  headersTimeoutMs: number
  signal: AbortSignal
}

export type UpstreamReply = {
  status: number
  /** Lower-case names. */
  headers: Record<string, string>
  /** Reading rejects where the connection broke; leaving the loop early closes the connection. */
  body: AsyncIterable<Uint8Array>
}

/**
 * One HTTP exchange with a provider: no redirects followed, no compression asked for, never retried here. Rejects with an
 * `UpstreamTrouble` whose `kind` says what is known: `connection` nothing was sent, `reset` something may have been,
 * `timeout` headers did not come in time, `aborted` the signal fired.
 */
export type Upstream = (request: UpstreamRequest) => Promise<UpstreamReply>

export class UpstreamTrouble extends Error {
  readonly kind: 'connection' | 'reset' | 'timeout' | 'aborted'
  constructor(kind: 'connection' | 'reset' | 'timeout' | 'aborted', message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'UpstreamTrouble'
    this.kind = kind
  }
}

/** Credentials that are made for a call rather than stored. */
export type Signing =
  /** AWS Signature Version 4; without an identity, by the function's own role. */
  | ({ scheme: 'sigv4'; service: string; region: string } & AwsIdentity)
  /** An OAuth token for a Google service account, whose key file this is; without it, the environment's own. */
  | { scheme: 'google'; serviceAccount?: string }
  /** A token of IBM Cloud for one of its API keys. */
  | { scheme: 'ibm_iam'; apiKey: string }
  /** An Entra token by client credentials. */
  | { scheme: 'entra'; tenantId: string; clientId: string; clientSecret: string; scope: string }

/** Whose signature it is: keys, or those of a profile in AWS's files; with `role`, of that role, which they assume. */
export type AwsIdentity = { credentials?: AwsCredentials; profile?: string; role?: AwsRole }

/** `webIdentity`: a token, or the path of a file with one, in the place of any keys. */
export type AwsRole = {
  arn: string
  sessionName?: string
  externalId?: string
  webIdentity?: string
  stsEndpoint?: string
}

export type AwsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }

export type SignedRequest = {
  method: UpstreamRequest['method']
  url: string
  headers: Record<string, string>
  body: Uint8Array | string
}

/** Headers to add to a request. Tokens are cached until shortly before they expire. Rejects with a GatewayError `upstream_auth`. */
export type Sign = (signing: Signing, request: SignedRequest) => Promise<Record<string, string>>

/** Accepts events for at-least-once delivery. Resolves only once they are safe (on the bus, or in the outbox). Never rejects lightly. */
export type Bus = { publish(events: readonly BusEvent[]): Promise<void> }

/** Provider secrets by the name the config gives them. `fresh` bypasses the cache, after a provider refused the old one. */
export type Secrets = { get(name: string, fresh?: boolean): Promise<string | undefined> }

/** What is known of an attempt while it is under way, so that the next start can tell what a killed gateway left behind. */
export type Note = {
  id: AttemptId
  at: number
  request_id: string
  key_id?: string
  key_alias?: string
  team_id?: string
  user_id?: string
  model: string
  deployment_id: string
  provider: string
  holds: Hold[]
  shadow?: true
}
/** Takes what was said in an attempt towards telemetry. Best effort: it may fail, and nobody waits for a retry. */
export type TellContent = (event: ContentEvent) => Promise<void>
export type Notes = { write(note: Note): void; erase(id: AttemptId): void; leftovers(): Note[] }

/** Structured lines. Never prompts, answers, keys or secrets. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void

/** What the data plane needs. */
export type GatewayPorts = {
  clock: Clock
  random: Random
  upstream: Upstream
  records: Records
  budgets: Budgets
  bus: Bus
  secrets: Secrets
  sign: Sign
  notes: Notes
  /** Absent: each process knows only what it has seen itself. */
  routes?: RouteStore
  /** Turns of the responses API. Absent: none are kept. */
  turns?: StoredTurns
  /** Sealed reasoning that clients drop. Absent: it is lost with them. */
  seals?: Seals
  /** For providers that fetch nothing themselves. Absent: addresses are refused there. */
  fetchMedia?: FetchMedia
  /** Absent: prompts and answers go nowhere, whatever the config says. */
  tellContent?: TellContent
  log: Log
  /** True: the event is made safe before the last bytes leave (local). False: after them, before the function returns (Lambda). */
  publishBeforeEnd: boolean
}
