/** What differs between models of one tongue. Data: a new model is a new row. */
export type ModelTraits = {
  /** Which `thinking` it takes: none, a token budget, or one that adapts itself (`both`: it takes either). */
  thinking: 'none' | 'budget' | 'adaptive' | 'both'
  /** Thinks unless told not to. */
  thinksByDefault?: boolean
  /** How it is told not to: absent `disabled`; `between_tools`: no thinking up front; `never`: it cannot be, only to think less. */
  switchesOff?: 'between_tools' | 'never'
  /** Refuses thinking of earlier turns once anything before it has changed, unless told to drop it ("Preserved thinking"). */
  bindsThinking?: boolean
  /** Levels of `output_config.effort` that differ from ours; absent: all of ours are taken. */
  efforts?: Record<string, string>
  /** `temperature`, `top_p`, `top_k`: all of them, not the first two together, or none. */
  sampling: 'all' | 'one' | 'none'
  /** Takes `output_config.format` and strict tools. */
  structured: boolean
  /** Takes a `tool_choice` that forces a call. */
  forcing: boolean
}

const older: ModelTraits = { thinking: 'none', sampling: 'all', structured: false, forcing: true }
const budget: ModelTraits = { ...older, thinking: 'budget' }
const structured: ModelTraits = { ...budget, sampling: 'one', structured: true }
const adaptive: ModelTraits = { ...structured, thinking: 'both', efforts: { xhigh: 'max' } }
const newest: ModelTraits = { thinking: 'adaptive', sampling: 'none', structured: true, forcing: true }
const bound: ModelTraits = { ...newest, thinksByDefault: true, bindsThinking: true }
const constant: ModelTraits = { ...newest, forcing: false, switchesOff: 'never' }

/**
 * First match wins. Dates, regions and clouds' prefixes stand around these names; points were made dashes. Sources: Anthropic's
 * pages "What's new" and "Migration guide" of each model, and what its API answers.
 */
const rows: readonly (readonly [RegExp, ModelTraits])[] = [
  [/claude-(instant|2|v2)/, older],
  [/claude-3-7|3-7-sonnet/, budget],
  [/claude-3/, older],
  [/(fable|mythos)-5-\d(?!\d)/, { ...constant, bindsThinking: true }],
  [/(fable|mythos)/, constant],
  [/opus-5-[5-9](?!\d)/, { ...constant, bindsThinking: true }],
  [/sonnet-5-[5-9](?!\d)/, { ...bound, forcing: false, switchesOff: 'between_tools' }],
  [/haiku-5-[5-9](?!\d)/, bound],
  [/(opus|sonnet)-5(?!\d)/, { ...newest, thinksByDefault: true }],
  [/opus-4-[78](?!\d)/, newest],
  [/(opus|sonnet)-4-6(?!\d)/, adaptive],
  [/(opus|sonnet|haiku)-4-5(?!\d)/, structured],
  [/opus-4-1(?!\d)|claude-4-1-opus/, structured],
  [/(opus|sonnet)-4(-0)?(?!\d|-\d{1,2}(?!\d))|claude-4-(opus|sonnet)/, budget],
  // What is not known yet is most likely newer than what is.
  [/claude/, { ...newest, forcing: false }],
]

/** Other models behind this tongue take its older, simpler requests. */
export function traitsOf(model: string): ModelTraits {
  const name = model.toLowerCase().replaceAll('.', '-')
  return rows.find(([pattern]) => pattern.test(name))?.[1] ?? budget
}

/** Tokens to think with, for models that want a number: LiteLLM's, so that a move changes no bill; the minimum is 1024. */
export const effortBudgets: Record<string, number> = {
  minimal: 1024,
  low: 1024,
  medium: 2048,
  high: 4096,
  xhigh: 16_384,
  max: 32_768,
}

/** The least budget that is taken. */
export const minimumBudget = 1024
