const arn = /^(arn:aws[a-z-]*):(iam|sts)::(\d{12}):(.+)$/
const name = String.raw`[\w+=,.@-]{1,128}`
const role = new RegExp(`^role/(?:[!-~]{1,510}/)?(${name})$`)
const assumedRole = new RegExp(`^assumed-role/(${name})/${name}$`)
const user = new RegExp(String.raw`^user/(?:[!-~]{1,510}/)?${name}$`)
const federatedUser = new RegExp(`^federated-user/${name}$`)

/**
 * The one spelling of an IAM principal's ARN, by which it is known as a key; undefined where the text names none. A session
 * of a role is that role. STS names a role without its path, so the path is left out of a role's ARN too: nothing is lost,
 * since a role's name is unique in its account whatever its path (IAM user guide, "IAM identifiers").
 */
export function canonicalPrincipal(text: string): string | undefined {
  const [, prefix = '', service = '', account = '', resource = ''] = arn.exec(text.trim()) ?? []
  const roleName = (service === 'sts' ? assumedRole : role).exec(resource)?.[1]
  if (roleName !== undefined) return `${prefix}:iam::${account}:role/${roleName}`
  const known = service === 'sts' ? federatedUser.test(resource) : resource === 'root' || user.test(resource)
  return known ? `${prefix}:${service}::${account}:${resource}` : undefined
}

/** Whether a text would be an ARN to anybody who reads it, well written or not: no secret may look like one. */
export const looksLikeArn = (text: string): boolean => /^\s*arn:/i.test(text)
