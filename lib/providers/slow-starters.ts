/**
 * Models that may think for a long while before the first content that a client can see, whether they are asked to or not
 * (their makers' model pages). Silence says nothing of their health.
 */
const slowStarters =
  /(?:^|[/.-])(?:o[134](?:-|$)|gpt-(?:[5-9]|\d\d)(?!.*chat)|gpt-oss|gemini-(?:2\.5-pro|[3-9])|grok-(?:[4-9]|3-mini)|claude-(?:fable|mythos|(?:sonnet|opus|haiku)-[5-9])|deepseek-r|magistral|qwq|command-a-reasoning|nova-2)|reason|think|deep-?research/i

/** Whether a model, by what its provider calls it, is known to be silent for long before it answers. */
export const startsSlowly = (model: string): boolean => slowStarters.test(model)
