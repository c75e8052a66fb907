/**
 * How a key travels. `bearer`: `Authorization: Bearer KEY`. `word`: another word before it. `header`: alone, in a header of its
 * own. `ibm_iam`: exchanged for a token first. `google`: so is the file of an account; an API key travels as it is.
 */
export type Auth =
  | { scheme: 'bearer' }
  | { scheme: 'word'; word: string }
  | { scheme: 'header'; name: string }
  | { scheme: 'ibm_iam' }
  | { scheme: 'google' }
