/** Who sealed it: a signature of this format is sent back only to this tongue. */
export const signatureFormat = 'google-gemini-v1'

/**
 * What Gemini 3 takes for the signature of a call that it did not make itself, or whose signature the client has lost; without
 * any, the conversation would be refused (Google's documentation of thought signatures).
 */
export const anySignature = 'skip_thought_signature_validator'
