/** What differs between models of one tongue. Data: a new model is a new row. */
export type ModelTraits = {
  /**
   * How thinking is asked for: a budget of tokens between two bounds (`off`: the least that switches it off, or nearly), one
   * of some levels from least to most, or not at all.
   */
  thinking: { budget: { least: number; most: number; off: number } } | { levels: readonly string[] } | 'none'
  /** Takes JSON Schema (`parametersJsonSchema`, `responseJsonSchema`); else the subset that OpenAPI 3.0 has. */
  jsonSchema: boolean
  /** Takes `systemInstruction`. */
  system: boolean
  /** Takes a `responseMimeType`; `alone`: only in requests without tools. */
  json: 'always' | 'alone' | 'never'
  /** Refuses calls of earlier turns that have no signature. */
  signedCalls: boolean
  /** Results of tools may hold images and documents. */
  mediaResults: boolean
  /** Functions and tools that Google runs may stand in one request. */
  mixedTools: boolean
  /** Reads files from addresses of the web. */
  remoteFiles: boolean
  /** Takes penalties other than 0. */
  penalties: boolean
  /** What Google bills of its searches: every query, or prompts for which it searched at all. */
  searchesBilled: 'query' | 'prompt'
}

const older: ModelTraits = {
  thinking: 'none',
  jsonSchema: false,
  system: true,
  json: 'alone',
  signedCalls: false,
  mediaResults: false,
  mixedTools: false,
  remoteFiles: false,
  penalties: true,
  searchesBilled: 'prompt',
}
const gemini25: ModelTraits = {
  ...older,
  thinking: { budget: { least: 1, most: 24_576, off: 0 } },
  jsonSchema: true,
  remoteFiles: true,
  penalties: false,
}
const newest: ModelTraits = {
  ...gemini25,
  thinking: { levels: ['low', 'medium', 'high'] },
  json: 'always',
  signedCalls: true,
  mediaResults: true,
  mixedTools: true,
  searchesBilled: 'query',
}
const flash: ModelTraits = { ...newest, thinking: { levels: ['minimal', 'low', 'medium', 'high'] } }

/** First match wins. */
const rows: readonly (readonly [RegExp, ModelTraits])[] = [
  [/gemma/, { ...older, system: false, json: 'never' }],
  [/gemini-(1|2\.0|exp|pro$|pro-vision|ultra)/, older],
  [/gemini-2\.5.*(image|tts|audio)/, { ...gemini25, thinking: 'none' }],
  [/gemini-2\.5-pro|computer-use/, { ...gemini25, thinking: { budget: { least: 128, most: 32_768, off: 128 } } }],
  [/gemini-2\.5-flash-lite/, { ...gemini25, thinking: { budget: { least: 512, most: 24_576, off: 0 } } }],
  [/gemini-2\.5|robotics-er-1/, gemini25],
  [/image|tts|audio/, { ...newest, thinking: 'none' }],
  [/gemini-3-pro/, { ...newest, thinking: { levels: ['low', 'high'] } }],
  [/gemini-3\.7-flash/, newest],
  [/gemini-3.*flash|gemini-flash/, flash],
  // What is not known yet is most likely newer than what is.
  [/gemini/, newest],
]

/** Tuned models have numbers for names: they are of a family that takes either way of asking. */
export function traitsOf(model: string): ModelTraits {
  const name = model.toLowerCase()
  return rows.find(([pattern]) => pattern.test(name))?.[1] ?? gemini25
}

/** Tokens to think with, for models that want a number: LiteLLM's, so that a move changes no bill. */
export const effortBudgets: Record<string, number> = {
  minimal: 128,
  low: 1024,
  medium: 2048,
  high: 4096,
  xhigh: 16_384,
  max: 32_768,
}
