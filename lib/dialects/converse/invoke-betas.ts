/**
 * Betas of Anthropic's API that Bedrock serves, and what it calls them. A flag that it does not know is refused, so others are
 * left out (AWS's page of the messages API's request, and LiteLLM's table of betas by provider).
 */
const betas: Readonly<Record<string, string>> = {
  'advanced-tool-use-2025-11-20': 'tool-search-tool-2025-10-19',
  'compact-2026-01-12': 'compact-2026-01-12',
  'computer-use-2024-10-22': 'computer-use-2024-10-22',
  'computer-use-2025-01-24': 'computer-use-2025-01-24',
  'computer-use-2025-11-24': 'computer-use-2025-11-24',
  'context-1m-2025-08-07': 'context-1m-2025-08-07',
  'context-management-2025-06-27': 'context-management-2025-06-27',
  'effort-2025-11-24': 'effort-2025-11-24',
  'fine-grained-tool-streaming-2025-05-14': 'fine-grained-tool-streaming-2025-05-14',
  'interleaved-thinking-2025-05-14': 'interleaved-thinking-2025-05-14',
  'mid-conversation-output-config-2026-07-01': 'mid-conversation-output-config-2026-07-01',
  'mid-conversation-tool-changes-2026-07-01': 'mid-conversation-tool-changes-2026-07-01',
  'thinking-binding-controls-2026-08-01': 'thinking-binding-controls-2026-08-01',
  'thinking-display-updates-2026-08-18': 'thinking-display-updates-2026-08-18',
  'tool-search-tool-2025-10-19': 'tool-search-tool-2025-10-19',
}

/** Those of a header's list that are served there. */
export const betasThere = (header: string | undefined): string[] => [
  ...new Set((header ?? '').split(',').flatMap((name) => betas[name.trim()] ?? [])),
]

/** Wishes about the how that Bedrock refuses as extra inputs: what is answered does not depend on them. */
export const refusedThere: readonly string[] = [
  'service_tier',
  'inference_geo',
  'speed',
  'cache_control',
  'diagnostics',
  'betas',
]
