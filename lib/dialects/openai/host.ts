import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ExchangeOptions } from '../dialect.ts'
import type { Flags } from '../flags.ts'
import { unsupported } from '../unsupported.ts'
import type { Draft } from './host-draft.ts'
import { hostFormat } from './host-format.ts'
import { hostMessages } from './host-messages.ts'
import { hostParams } from './host-params.ts'
import { hostReasoning } from './host-reasoning.ts'
import { hostTools } from './host-tools.ts'

export type HostOptions = Pick<ExchangeOptions, 'upstreamModel' | 'flags' | 'dropParams'>

/** What of a request must be other for its host. Members that are not named stay as they are. */
export type HostEdit = { set: JsonObject; remove: string[]; dropped: string[] }

/** The format comes before the messages: it may add one. */
const rules: readonly ((draft: Draft) => void)[] = [hostFormat, hostTools, hostReasoning, hostMessages, hostParams]

/**
 * A chat completions request as this host takes it: one set of rules, for requests that pass and for those that were rebuilt.
 * @throws GatewayError `unsupported_parameter`
 */
export function forHost(body: JsonObject, reasoning: ChatRequest['reasoning'], options: HostOptions): HostEdit {
  const dropped: string[] = []
  const draft: Draft = {
    body: { ...body },
    reasoning,
    flags: options.flags,
    upstreamModel: options.upstreamModel,
    refuse: (param, value) => {
      if (!options.dropParams) throw unsupported(param, value)
      dropped.push(param)
    },
    drop: (param) => dropped.push(param),
  }
  for (const rule of rules) rule(draft)
  return {
    set: Object.fromEntries(Object.entries(draft.body).filter(([name, value]) => body[name] !== value)),
    remove: Object.keys(body).filter((name) => !(name in draft.body)),
    dropped,
  }
}

const ruled = [
  'systemRole',
  'contentAsString',
  'requireAlternation',
  'toolThenUserFiller',
  'assistantNeedsContentOrCalls',
  'toolMessageNeedsName',
  'toolCallIdRule',
  'toolResultOrder',
  'toolChoiceRequired',
  'toolChoiceNamed',
  'toolChoiceNone',
  'parallelToolCalls',
  'strictTools',
  'schemaDialect',
  'responseFormat',
  'formatBesideTools',
  'reasoningRequest',
  'effortValues',
  'reasoningHistory',
  'renameParams',
  'stopMax',
  'temperatureMax',
] as const satisfies readonly (keyof Flags)[]

/** Whether any rule has something to do: most hosts differ in nothing, and their requests need not be looked at. */
export const hasHostRules = (flags: Flags): boolean => ruled.some((name) => flags[name] !== undefined)
