import { type ModelTraits, traitsOf } from '../anthropic/models.ts'

/** What differs between the families of models behind one API (AWS's pages of model parameters and supported features). */
export type Family = {
  /**
   * How reasoning is asked for, in `additionalModelRequestFields`. `claude`: Anthropic's fields. `nova`: `reasoningConfig`.
   * `effort`: `reasoning_effort`, which cannot be turned off. `level`: `reasoning_config`, low or high. `nested`: the effort of
   * OpenAI's Responses API, in an object.
   */
  reasoning: 'claude' | 'nova' | 'effort' | 'level' | 'nested' | 'none'
  /** Choices besides `auto` that it takes. */
  choices: readonly ('any' | 'tool')[]
  /** Takes `outputConfig.textFormat` and strict tools. */
  structured: boolean
  /** It answers 400 to `temperature` and `topP`: they are left out, and named. */
  sampling?: 'none'
  /** Where `top_k` stands; absent: it is refused. */
  topK?: 'top_k' | 'inferenceConfig'
  /** Takes cache points; `tools`: among the tools too; `hour`: that live for an hour. */
  cache?: { tools: boolean; hour: boolean }
  /** It has no system prompt: it stands in front of what the user says. */
  systemInUser?: true
  /** Which reasoning of earlier turns goes back: what was signed, the bare text, or none. */
  history: 'signed' | 'text' | 'none'
  /** A message with results may hold nothing else. */
  resultsAlone?: true
  /** A file may not stand beside results: it goes into the last of them. */
  filesInResults?: true
  /** What a result may hold besides text; other media follow it as the user's. */
  resultMedia: readonly ('image' | 'file')[]
  /** Results are objects rather than text. */
  resultsAsJson?: true
  /** A conversation may begin with the assistant. */
  assistantFirst?: true
  /** Ids of calls: nine letters and digits. */
  shortIds?: true
  /** Most entries of `stopSequences`; it answers 400 to any where that is 0. */
  mostStops?: number
  /** Anthropic's own rules, for its models. */
  traits?: ModelTraits
}

const plain: Family = { reasoning: 'none', choices: [], structured: false, history: 'none', resultMedia: ['image'] }

const claude: Family = {
  ...plain,
  reasoning: 'claude',
  choices: ['any', 'tool'],
  topK: 'top_k',
  history: 'signed',
  resultMedia: ['image', 'file'],
  filesInResults: true,
}
const cached: Family = { ...claude, cache: { tools: true, hour: false } }
const cachedAnHour: Family = { ...claude, cache: { tools: true, hour: true }, assistantFirst: true }

const nova: Family = {
  ...plain,
  choices: ['any', 'tool'],
  topK: 'inferenceConfig',
  cache: { tools: false, hour: false },
  mostStops: 4,
}
const mistral: Family = {
  ...plain,
  choices: ['any'],
  resultsAlone: true,
  resultMedia: ['file'],
  resultsAsJson: true,
  shortIds: true,
}
const open: Family = { ...plain, reasoning: 'level', assistantFirst: true, resultMedia: [] }

/** First match wins. Regions, vendors and dates stand around these names; points were made dashes. */
const rows: readonly (readonly [RegExp, Family])[] = [
  [/claude-(?:instant|2|v2|3-(?:opus|sonnet|haiku)|3-5-sonnet-20240620)/, claude],
  [/claude-3|claude-(?:opus|sonnet)-4(?:-1)?(?!\d|-\d{1,2}(?!\d))/, cached],
  [/claude-(?:opus|sonnet|haiku)-4-[56](?!\d)/, { ...cachedAnHour, structured: true }],
  [/claude/, cachedAnHour],
  [/nova-2/, { ...nova, reasoning: 'nova' }],
  [/nova/, nova],
  [/titan-text/, { ...plain, systemInUser: true }],
  [/mistral-7b|mixtral-8x7b/, { ...mistral, systemInUser: true }],
  [/magistral-small|ministral-3|mistral-large-3|voxtral/, { ...mistral, structured: true }],
  [/mistral|mixtral|pixtral|magistral|ministral|devstral/, mistral],
  [/llama/, { ...plain, resultsAlone: true, resultMedia: ['image', 'file'] }],
  [/palmyra/, { ...plain, resultsAlone: true }],
  [/gpt-oss/, { ...plain, reasoning: 'effort', structured: true, history: 'none', mostStops: 0 }],
  [/openai-gpt-\d/, { ...plain, reasoning: 'nested', sampling: 'none', mostStops: 0 }],
  [/deepseek-r1/, { ...plain, history: 'text' }],
  [/deepseek/, { ...plain, reasoning: 'level' }],
  [/qwen3/, { ...open, structured: true }],
  [/qwen|qwq/, open],
  [/glm|zai/, { ...open, choices: ['any', 'tool'], structured: true, resultMedia: ['image'] }],
  [/kimi|moonshot/, { ...open, choices: ['any', 'tool'], structured: true }],
  [/gemma-3-(?:12|27)b|minimax-m2|nemotron-nano/, { ...plain, structured: true }],
]

/** An inference profile of one's own does not tell its model: its name may, and the newest features are assumed to be there. */
const unknown: Family = { ...plain, choices: ['any', 'tool'], cache: { tools: false, hour: false } }

/** The rules for a model; `base` is what it is called where its own name does not say (an ARN of a profile). */
export function familyOf(model: string, base?: string): Family {
  const names = [base, model].flatMap((name) => (name === undefined ? [] : [name.toLowerCase().replaceAll('.', '-')]))
  for (const name of names) {
    const found = rows.find(([pattern]) => pattern.test(name))?.[1]
    if (found?.reasoning === 'claude') {
      const traits = { ...traitsOf(name), structured: found.structured }
      return { ...found, traits, ...(traits.forcing ? {} : { choices: [] }) }
    }
    if (found) return found
  }
  return /^arn:|^[a-z0-9]{12}$/.test(model) ? unknown : plain
}
