/** Named deviations of a host that speaks a dialect; data of the provider's row. */
export type Flags = {
  /** What the output cap is called. `byModel`: `max_completion_tokens` for reasoning models, else `max_tokens`. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens' | 'byModel'
  /** Whether the host takes role `developer`; else it becomes `system`. */
  developerRole?: boolean
  /** Whether `stream_options.include_usage` may be sent to get the usage event. */
  streamUsage?: boolean
  /** Request parameters the host refuses: dropped (and named) or refused, as `drop_params` says. */
  refusedParams?: readonly string[]
  /** Its cache is written only where a request says so (`cache_control`): a hold without marks need not cover that premium. */
  cacheByMark?: boolean
  /** Calls and their results may carry ids; else they are matched by their order (Gemini: AI Studio takes them, Vertex refuses). */
  callIds?: boolean
  /** Where a request says which tier it wants, in hosts of Gemini: a member of the body, or a header. Absent: nowhere. */
  serviceTier?: 'body' | 'header'
  /** `model` is part of the URL and ignored in the body. */
  modelInPath?: boolean
  /** The version of Anthropic's API that stands in the body, where a cloud serves it in an envelope of its own. */
  anthropicVersion?: string
  /** The messages API behind Bedrock's InvokeModel (`converse/invoke.ts`). */
  invokeModel?: boolean
  /** The messages API without schemas for its answers and without strict tools. */
  plainSchemas?: boolean
  /** The host refuses fields it does not know: those of other tongues (reasoning of earlier turns, cache marks) are left out. */
  strictFields?: boolean
  /** Takes reasoning of earlier turns back that nobody signed; else it is left out (Anthropic's own API refuses it). */
  unsignedThinking?: boolean
  /** Keeps conversations (`thread` of the messages API); elsewhere such a request is refused, never answered without its past. */
  threads?: boolean
  /** Reads no addresses of images: it must be sent their bytes. */
  imageBytes?: true
} & ChatHostFlags

/**
 * How hosts of the chat completions API differ from OpenAI's. Absent: as OpenAI has it. They are applied to the finished
 * request, whichever tongue it came from (`openai/host.ts`).
 */
type ChatHostFlags = {
  /** A last turn of the assistant is gone on from only where this member says so (Mistral's `prefix`, DeepSeek's beta). */
  prefillMark?: 'prefix'
  /** `mergeToOne`: one system message, first. `demoteToUser`: the model has no such role. */
  systemRole?: 'mergeToOne' | 'demoteToUser'
  /** Content of messages as one string: lists of text parts are joined (images cannot be sent there). */
  contentAsString?: boolean
  /** Sides must take turns: messages of one side that follow each other are joined. */
  requireAlternation?: boolean
  /** A user's message must not follow a tool's: the assistant says "OK" in between. */
  toolThenUserFiller?: boolean
  /** Assistant messages with neither content nor calls are refused: left out. */
  assistantNeedsContentOrCalls?: boolean
  /** Tool messages must name the function that was called. */
  toolMessageNeedsName?: boolean
  /** What ids of calls may look like. Others become a hash of themselves, the same in every request. */
  toolCallIdRule?: 'nine_alphanumerics' | 'word_characters'
  /** Results must come in the order of their calls. */
  toolResultOrder?: 'calls'
  /** What `tool_choice: "required"` is called; `unsupported`: refused, or dropped where that is wanted. */
  toolChoiceRequired?: 'any' | 'unsupported'
  /** A choice of one function, where the host cannot name one: the others are not sent, and one must (`any`, `required`) or may be called. */
  toolChoiceNamed?: 'filter_any' | 'filter_required' | 'filter_auto'
  /** The host writes calls although it was told `none`: the tools are not sent. */
  toolChoiceNone?: 'drop_tools'
  /** What `parallel_tool_calls` is called; `drop`: the host does not know it. */
  parallelToolCalls?: 'drop' | { rename: string }
  /** `strict` of tools is refused: left out. */
  strictTools?: 'drop'
  /** The part of JSON Schema that its tools and formats may use. */
  schemaDialect?: 'moonshot' | 'no_additional_properties' | 'openapi_subset'
  /** The most that `response_format` can be; a schema beyond it is given to the model in words. */
  responseFormat?: 'json_object' | 'none'
  /** `words`: a format beside tools is refused, so it is given to the model in words. */
  formatBesideTools?: 'words'
  /** How reasoning is asked for. `effort` is `reasoning_effort`; `thinking_effort`: the same beside `thinking.type`. */
  reasoningRequest?:
    | 'effort'
    | 'thinking_type'
    | 'thinking_effort'
    | 'enable_thinking'
    | 'reasoning_object'
    | 'chat_template'
    | 'prompt_mode'
    | 'none'
  /** Levels of `reasoning_effort` that are taken, from least to most; others become the nearest. */
  effortValues?: readonly string[]
  /**
   * Where reasoning stands that no client looks for there. `think_tags`: at the start of the text, between `<think>` and
   * `</think>`. `content_parts`: in a list of parts that takes the place of the text. Replies of such a host are told anew.
   */
  reasoningResponse?: 'think_tags' | 'content_parts'
  /**
   * What becomes of reasoning of earlier turns. `drop`: must not be sent. `require`: every turn of the assistant has
   * `reasoning_content`, an empty one if need be. `keep`: as `reasoning_content` where there is any. `reasoning`: the same under
   * that name. `details`: as `reasoning_details`, with signatures. `thinking_blocks`: as those, with signatures.
   * Absent: what a client of this dialect sent passes, what another tongue left is not sent.
   */
  reasoningHistory?: 'drop' | 'require' | 'keep' | 'reasoning' | 'details' | 'thinking_blocks'
  /** Other names for parameters: from OpenAI's to the host's (`seed` to `random_seed`). */
  renameParams?: Readonly<Record<string, string>>
  /** Most entries of `stop`; the rest is refused, or dropped where that is wanted. */
  stopMax?: number
  /** Highest `temperature`; a higher one is lowered to it. */
  temperatureMax?: number
}
