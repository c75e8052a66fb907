import type { ChatCall } from '../dialect.ts'

/**
 * Whether `fallbacks` is meant for the provider: the messages API has a parameter of that name behind a beta (another of its models
 * answers what one declines), LiteLLM's clients use the same word for the gateway.
 */
export const asksProviderToFallBack = ({ body, headers }: ChatCall): boolean =>
  body.fallbacks !== undefined &&
  body.fallbacks !== null &&
  (headers?.['anthropic-beta'] ?? '').includes('server-side-fallback')
