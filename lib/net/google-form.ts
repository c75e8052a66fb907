import { createSign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { GatewayError } from '../core/errors.ts'
import { type JsonObject, isObject, objectOf, stringOf, tryParse } from '../core/json.ts'

/** All that a service account is allowed to: Google's libraries ask for the same. */
export const scope = 'https://www.googleapis.com/auth/cloud-platform'
const tokenUrl = 'https://oauth2.googleapis.com/token'

/** `impersonate`: where its token is exchanged for one of a service account. */
export type TokenForm = { url: string; form: Record<string, string>; impersonate?: string }

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
  if (file.type === 'external_account') return federated(file)
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
    message: `The gateway cannot use its Google credentials (${why}): its operator must set vertex_credentials, or GOOGLE_APPLICATION_CREDENTIALS, to the JSON of a service account's key file, or to its path.`,
  })

/**
 * A token of another identity provider that Google trusts (workload identity federation, RFC 8693). It is read from a file.
 * Throws a GatewayError for the other sources there are.
 */
async function federated(file: JsonObject): Promise<TokenForm> {
  const source = objectOf(file.credential_source)
  const path = stringOf(source.file)
  if (path === undefined)
    throw noAccount(
      `it is an external_account whose credential_source is ${Object.keys(source).join(', ') || 'empty'}, and only a file is read`,
    )
  const read = await readFile(path, 'utf8').catch(() => undefined)
  if (read === undefined) throw noAccount(`its credential_source ${path} cannot be read`)
  const { type, subject_token_field_name: field } = objectOf(source.format)
  const token = type === 'json' ? stringOf(objectOf(tryParse(read))[stringOf(field) ?? 'access_token']) : read.trim()
  if (!token) throw noAccount(`its credential_source ${path} holds no token`)
  const impersonate = stringOf(file.service_account_impersonation_url)
  return {
    url: stringOf(file.token_url) ?? 'https://sts.googleapis.com/v1/token',
    form: {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: stringOf(file.audience) ?? '',
      scope,
      subject_token_type: stringOf(file.subject_token_type) ?? 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: token,
    },
    ...(impersonate !== undefined && { impersonate }),
  }
}

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
