import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { objectOf, stringOf } from '../../core/json.ts'
import type { Flags } from '../flags.ts'
import type { Draft } from './host-draft.ts'
import { bareName, reasoning as reasoningModels } from './pass-models.ts'

type Wish = NonNullable<ChatRequest['reasoning']>
type Way = NonNullable<Flags['reasoningRequest']>

/** Every form in which clients ask for reasoning, and no host takes them all. */
const wishes = ['reasoning_effort', 'reasoning', 'thinking', 'enable_thinking', 'thinking_budget']

/**
 * By way of asking: the members that are the host's own, those that may stand beside them, and what it is sent.
 * `undefined`: the host cannot be asked this.
 */
type Asking = {
  own: readonly string[]
  beside?: readonly string[]
  print: (wish: Wish, draft: Draft) => JsonObject | undefined
}

const ways: Record<Way, Asking> = {
  effort: {
    own: ['reasoning_effort'],
    print: (wish, { flags, upstreamModel }) => {
      if (cannotReason(flags, upstreamModel)) return undefined
      const effort = effortOf(wish)
      if (effort !== undefined) return { reasoning_effort: nearestEffort(effort, flags.effortValues) }
      return flags.effortValues?.includes('none') ? { reasoning_effort: 'none' } : undefined
    },
  },
  thinking_type: {
    own: ['thinking'],
    print: ({ off }) => ({ thinking: { type: off ? 'disabled' : 'enabled' } }),
  },
  thinking_effort: {
    own: ['thinking'],
    beside: ['reasoning_effort'],
    print: (wish, { flags: { effortValues } }) => {
      // Models that say which levels they have cannot be stopped: they think as little as they can.
      if (wish.off && !effortValues) return { thinking: { type: 'disabled' } }
      // Without a level of the client's, the model's own.
      const asked = wish.effort ?? (wish.budgetTokens === undefined ? undefined : effortOf(wish))
      const effort = wish.off ? 'none' : asked
      const level = effort === undefined ? {} : { reasoning_effort: nearestEffort(effort, effortValues) }
      return { thinking: { type: 'enabled' }, ...level }
    },
  },
  enable_thinking: {
    own: ['enable_thinking', 'thinking_budget'],
    print: (wish) => {
      const budget = wish.budgetTokens ?? budgets[wish.effort ?? '']
      return wish.off
        ? { enable_thinking: false }
        : { enable_thinking: true, ...(budget === undefined ? {} : { thinking_budget: budget }) }
    },
  },
  reasoning_object: {
    own: ['reasoning'],
    print: ({ off, effort, budgetTokens }) => ({
      reasoning: off
        ? { enabled: false }
        : effort !== undefined
          ? { effort }
          : budgetTokens === undefined
            ? { enabled: true }
            : { max_tokens: budgetTokens },
    }),
  },
  chat_template: {
    own: [],
    print: ({ off }, { body }) => ({
      chat_template_kwargs: { enable_thinking: !off, ...objectOf(body.chat_template_kwargs) },
    }),
  },
  prompt_mode: { own: ['prompt_mode'], print: ({ off }) => (off ? undefined : { prompt_mode: 'reasoning' }) },
  none: { own: [], print: () => undefined },
}

/** Levels as budgets, for hosts that know nothing else. `high` and above: no bound of ours. */
const budgets: Record<string, number> = { minimal: 512, low: 2048, medium: 8192 }

/** What the client wants of reasoning, as this host is asked for it. A member of the host's own that the client sent wins. */
export function hostReasoning(draft: Draft): void {
  const { body, flags, reasoning } = draft
  const effort = stringOf(body.reasoning_effort)
  if (flags.reasoningRequest === undefined) {
    if (effort !== undefined && flags.effortValues) body.reasoning_effort = nearestEffort(effort, flags.effortValues)
    return
  }
  const { own, beside = [], print } = ways[flags.reasoningRequest]
  const given = wishes.filter((name) => body[name] !== undefined)
  const said = own.some((name) => body[name] !== undefined)
  const kept = said ? [...own, ...beside] : own
  for (const name of given) if (!kept.includes(name)) delete body[name]
  if (said) {
    if (effort !== undefined && kept.includes('reasoning_effort'))
      body.reasoning_effort = nearestEffort(effort, flags.effortValues)
    return
  }
  if (reasoning === undefined) return
  const printed = print(reasoning, draft)
  if (printed) Object.assign(body, printed)
  else if (!reasoning.off) draft.drop(given[0] ?? 'reasoning_effort')
}

/** Where a host's models are told apart by name, one that is not known to reason is not asked to. */
export const cannotReason = (flags: Flags, upstreamModel: string): boolean =>
  flags.maxTokensField === 'byModel' && !reasoningModels.test(bareName(upstreamModel))

/** Budgets of other tongues as levels: the thresholds at which models that take both behave alike. */
const levels: readonly (readonly [number, string])[] = [
  [4096, 'low'],
  [16_384, 'medium'],
]

/** The wish as a level; undefined where none is wanted. */
export function effortOf({ effort, budgetTokens, off }: Wish): string | undefined {
  if (off) return undefined
  if (effort !== undefined) return effort
  if (budgetTokens === undefined) return 'medium'
  return levels.find(([most]) => budgetTokens <= most)?.[1] ?? 'high'
}

const order = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** The level among those taken that is nearest; of two, the lower, which costs less. Who wants some does not get none. */
function nearestEffort(wanted: string, taken: readonly string[] | undefined): string {
  if (taken === undefined || taken.includes(wanted)) return wanted
  const some = taken.filter((level) => level !== 'none')
  const distance = (level: string) => Math.abs(order.indexOf(level) - order.indexOf(wanted))
  const known = some.filter((level) => order.includes(level)).sort((a, b) => distance(a) - distance(b))
  return known[0] ?? some.at(-1) ?? wanted
}
