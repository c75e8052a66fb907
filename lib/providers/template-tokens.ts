/**
 * Tokens that a host's chat template puts around a prompt without being asked (a date, a default system text), as the
 * families that do so publish their templates; what frames each message is counted apart. Data, first match wins.
 */
const families: readonly (readonly [RegExp, number])[] = [
  // OpenAI's open models state identity, date and channels: about 65 tokens.
  [/gpt-oss/i, 72],
  // OpenAI's and Anthropic's own add the reply's header alone.
  [/^(?:gpt|o\d|chatgpt|text-embedding|claude)/i, 8],
]

/** Llama 3 states two dates, Qwen introduces itself: about 30 tokens. */
const most = 40

/** Tokens that the template of this model's family puts around a prompt, at most. */
export const templateTokensOf = (model: string): number => families.find(([family]) => family.test(model))?.[1] ?? most
