import { createSign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { GatewayError } from '../core/errors.ts'
import { type JsonObject, isObject, objectOf, stringOf, tryParse } from '../core/json.ts'

const scope = 'https://www.googleapis.com/auth/cloud-platform'
const tokenUrl = 'https://oauth2.googleapis.com/token'

export type TokenForm = { url: string; form: Record<string, string> }

/**
 * What Google's token service is asked with the credentials of `gcloud` or of a service account: the JSON of the key file, or
 * its path (as `GOOGLE_APPLICATION_CREDENTIALS` has it; read anew for each token, for it may be rotated).
 * Throws a GatewayError that says what the operator has to set where these are none.
 */
export async function googleForm(credentials: string | undefined, now: number): Promise<TokenForm> {
  const file = await fileOf(credentials)
  const { refresh_token: refresh, client_id: id, client_secret: secret } = file
  if (typeof refresh === 'string' && typeof id === 'string' && typeof secret === 'string')
    return {
      url: tokenUrl,
      form: { grant_type: 'refresh_token', refresh_token: refresh, client_id: id, client_secret: secret },
    }
  const [email, key] = [stringOf(file.client_email), stringOf(file.private_key)]
  if (email === undefined || key === undefined)
    throw noAccount('it holds neither a service account nor a refresh token')
  return serviceAccount({ file, email, key, now })
}

async function fileOf(credentials: string | undefined): Promise<JsonObject> {
  const text = credentials?.trim() ?? ''
  if (text === '') throw noAccount('there is none')
  if (text.startsWith('{')) return objectOf(tryParse(text))
  const read = await readFile(text, 'utf8').catch(() => undefined)
  const parsed = read === undefined ? undefined : tryParse(read)
  if (isObject(parsed)) return parsed
  throw noAccount('it is neither JSON nor the path of a file that holds some')
}

const noAccount = (why: string) =>
  new GatewayError('upstream_auth', {
    message: `The gateway cannot use its Google credentials (${why}): its operator must set vertex_credentials, or GOOGLE_APPLICATION_CREDENTIALS, to the JSON of a service account's key file.`,
  })

type Account = { file: JsonObject; email: string; key: string; now: number }

/** A JWT bearer grant (RFC 7523), as service accounts use it. */
function serviceAccount({ file, email, key, now }: Account): TokenForm {
  const url = stringOf(file.token_uri) ?? tokenUrl
  const seconds = Math.floor(now / 1000)
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const kid = stringOf(file.private_key_id)
  const head = part({ alg: 'RS256', typ: 'JWT', ...(kid !== undefined && { kid }) })
  const text = `${head}.${part({ iss: email, scope, aud: url, iat: seconds, exp: seconds + 3600 })}`
  const assertion = `${text}.${signed(text, key)}`
  return { url, form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion } }
}

/** Keys that went through an environment variable often have `\n` in place of their line breaks. */
function signed(text: string, key: string): string {
  try {
    return createSign('RSA-SHA256').update(text).sign(key.replaceAll('\\n', '\n'), 'base64url')
  } catch {
    throw noAccount('its private_key is no key')
  }
}
