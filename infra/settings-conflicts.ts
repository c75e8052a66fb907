import { defaultFields, type FieldValues } from './settings-fields.ts'

/** Fields that say something about the front and nothing without it. */
const ofFront = [
  'domain',
  'certificate',
  'hostedZone',
  'hostedZoneId',
  'frontTimeout',
  'frontSecret',
  'waf',
  'wafRate',
  'webAclArn',
] as const

/**
 * What single values do not show: settings that need one another, or exclude one another. One line each, with the remedy.
 * `region` is where the stack goes, as far as the CDK command line knows it.
 */
export function conflicts(values: FieldValues, region: string | undefined): string[] {
  const lines = values.front
    ? [...domainConflicts(values), ...firewallConflicts(values, region)]
    : ofFront
        .filter((field) => values[field] !== defaultFields[field])
        .map((field) => `context ${field}: it is a setting of the front; give -c front=true, too`)
  if ((values.chatWorkspace === undefined) !== (values.chatChannel === undefined))
    lines.push('context chatWorkspace: chatWorkspace and chatChannel go together; give both, or none')
  // Lambda takes the signature away after checking it and puts nothing in its place (Lambda guide, "Lambda Web Function
  // endpoint access control", and the types of WebFunctionEndpoint: there is no identity header to read).
  if (values.iam && values.compute === 'web-function')
    lines.push(
      'context iam: a web function is not told who has signed a request, so a role cannot be a key there; leave iam out, or give compute=function-url',
    )
  return lines
}

function domainConflicts({ domain, certificate, hostedZone, hostedZoneId }: FieldValues): string[] {
  const lines: string[] = []
  if ((domain === undefined) !== (certificate === undefined))
    lines.push('context domain: domain and certificate go together; give both, or none for a name of CloudFront')
  if ((hostedZone === undefined) !== (hostedZoneId === undefined))
    lines.push('context hostedZone: hostedZone and hostedZoneId go together; nothing is looked up')
  if (hostedZone !== undefined && domain !== hostedZone && !domain?.endsWith(`.${hostedZone}`))
    lines.push(`context hostedZone: ${domain ?? 'no domain'} is not in ${hostedZone}; give the zone of the domain`)
  return lines
}

function firewallConflicts(values: FieldValues, region: string | undefined): string[] {
  const { waf, wafRate, webAclArn } = values
  const lines: string[] = []
  if (waf && webAclArn !== undefined) lines.push('context waf: the front has one firewall; give waf or webAclArn')
  if (!waf && wafRate !== defaultFields.wafRate)
    lines.push('context wafRate: it is a rule of the firewall that waf=true makes; give that, too')
  if (waf && region !== undefined && region !== 'us-east-1')
    lines.push(
      `context waf: a firewall of CloudFront can be made in us-east-1 alone, and this stack goes to ${region}; make a web ACL there and give -c webAclArn=ARN`,
    )
  return lines
}
