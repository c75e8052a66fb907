/**
 * Fields that clients of LiteLLM put into the body for the gateway, not for the provider. They are read before, and never
 * travel on: hosts refuse unknown fields, and another proxy upstream would obey them a second time. Credentials and addresses
 * among them would redirect our own keys.
 */
const privateFields: ReadonlySet<string> = new Set([
  'additional_drop_params',
  'allowed_model_region',
  'allowed_openai_params',
  'api_base',
  'api_key',
  'api_version',
  'base_model',
  'base_url',
  'cache',
  'caching',
  'content_policy_fallbacks',
  'context_window_fallbacks',
  'custom_llm_provider',
  'disable_fallbacks',
  'drop_params',
  'extra_headers',
  'fallbacks',
  'guardrails',
  'max_retries',
  'mock_response',
  'mock_testing_fallbacks',
  'no-log',
  'num_retries',
  'request_timeout',
  'stream_timeout',
  'tags',
  'timeout',
  'ttl',
])

/** `litellm_metadata`, `litellm_session_id`, ... */
export const isPrivate = (name: string): boolean => privateFields.has(name) || name.startsWith('litellm_')
