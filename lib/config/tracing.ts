import type { Config } from '../core/config.ts'
import type { JsonObject } from '../core/json.ts'
import { flag, readFields } from './fields.ts'
import type { Reading } from './reading.ts'

type Tracing = Pick<Config, 'captureMessageContent' | 'forwardTraceparent'>

/**
 * What telemetry may say. Prompts and answers only where `general_settings.capture_message_content` asks for them, and never
 * against LiteLLM's `turn_off_message_logging`; a `traceparent` for providers only where LiteLLM's setting asks for it.
 */
export function readTracing(
  { general, litellm }: Record<'general' | 'litellm', JsonObject>,
  reading: Reading,
): Tracing {
  const { capture_message_content: capture } = readFields(
    { capture_message_content: flag },
    general,
    ['general_settings'],
    reading,
  )
  const shape = { turn_off_message_logging: flag, forward_traceparent_to_llm_provider: flag }
  const fields = readFields(shape, litellm, ['litellm_settings'], reading)
  if (capture && fields.turn_off_message_logging)
    reading.warn(
      ['general_settings', 'capture_message_content'],
      'has no effect beside litellm_settings.turn_off_message_logging',
      'remove one of the two',
    )
  return {
    ...(capture && !fields.turn_off_message_logging && { captureMessageContent: true }),
    ...(fields.forward_traceparent_to_llm_provider && { forwardTraceparent: true }),
  }
}
