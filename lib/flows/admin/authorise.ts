import { GatewayError } from '../../core/errors.ts'
import type { Call } from '../../core/http.ts'
import type { KeyRecord } from '../../core/records.ts'
import { authenticate, presentedKey } from '../../steps/authenticate.ts'
import { hashOf } from '../../steps/key-hash.ts'
import { isMaster } from '../../steps/master.ts'
import type { Desk } from './request.ts'

/** The administrator, with the name to write down; or a key that asks about itself. */
export type AdminCaller = { by: string; self?: undefined } | { self: KeyRecord }

/**
 * The master key may do everything here. A virtual key may read its own /key/info, whatever its models and budget say, and
 * nothing else: 403. Who is unknown, expired or blocked gets the data plane's 401.
 */
export async function authorise({ config, ports }: Desk, call: Call): Promise<AdminCaller> {
  const plain = presentedKey(call.headers, config.keyHeaderName)
  if (plain === undefined) throw new GatewayError('no_key')
  const masterKey = await ports.masterKey()
  if (isMaster(plain, masterKey)) return { by: call.headers['litellm-changed-by'] ?? 'admin' }
  if (!masterKey) ports.log('warn', 'no master key is configured: management is closed to everybody')
  const { key } = await authenticate(call, {
    records: { ...ports.directory, fresh: (kind, id) => ports.directory.scope(kind, id) },
    masterKey: undefined,
    keyHeaderName: config.keyHeaderName,
    now: ports.clock.now(),
  })
  const asked = call.query['key']
  const aboutItself = call.path === '/key/info' && call.query['key_alias'] === undefined
  if (key && aboutItself && (!asked || hashOf(asked) === key.hash)) return { self: key }
  throw new GatewayError('admin_only', {
    message: `Only the master key can be used to generate, delete, update or list keys, users and teams, and to read spend and models. Route=${call.path}. A virtual key may GET /key/info about itself.`,
  })
}
