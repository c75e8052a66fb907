import { CfnOutput, Duration, Fn, type Stack, Validations } from 'aws-cdk-lib'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  HttpVersion,
  type IOrigin,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { AaaaRecord, ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53'
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets'
import { originHeader } from '../lib/flows/origin.ts'
import { firewall } from './front-firewall.ts'
import { adminPatterns } from './front-paths.ts'
import type { FrontSecret } from './front-secret.ts'
import type { Settings } from './settings.ts'

/** The two functions behind the front, by their URLs (`https://HOST/`), and what it shows to them. */
export type Behind = { gatewayUrl: string; adminUrl: string; secret: FrontSecret }

/**
 * CloudFront before both functions: management paths go to the one, everything else to the other. Nothing is cached, nothing
 * compressed (compressing waits for more bytes, and a stream would arrive in lumps), and every header but `host` is passed on.
 * Origin access control does not fit: it would take `authorization` for its own signature, and a caller would have to send the
 * hash of every body. So the front shows a secret, and the functions answer nobody else.
 */
export function front(stack: Stack, settings: Settings, behind: Behind): Distribution {
  const { domain, certificate, webAclArn } = settings
  const toAdmin = behaviour(originOf(behind.adminUrl, settings, behind.secret))
  const made = new Distribution(stack, 'Front', {
    comment: `${settings.stack}: data plane and management`,
    defaultBehavior: behaviour(originOf(behind.gatewayUrl, settings, behind.secret)),
    additionalBehaviors: Object.fromEntries(adminPatterns().map((pattern) => [pattern, toAdmin])),
    httpVersion: HttpVersion.HTTP2_AND_3,
    ...(domain !== undefined && { domainNames: [domain] }),
    ...(certificate !== undefined && {
      certificate: Certificate.fromCertificateArn(stack, 'FrontCertificate', certificate),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
    }),
    ...(settings.waf ? { webAclId: firewall(stack, settings) } : webAclArn !== undefined && { webAclId: webAclArn }),
  })
  acknowledge(made, settings)
  record(stack, settings, made)
  const host = domain ?? made.distributionDomainName
  new CfnOutput(stack, 'FrontUrl', {
    value: `https://${host}/`,
    description: 'base_url of OpenAI clients is this plus v1',
  })
  return made
}

const behaviour = (origin: IOrigin): BehaviorOptions => ({
  origin,
  allowedMethods: AllowedMethods.ALLOW_ALL,
  cachePolicy: CachePolicy.CACHING_DISABLED,
  originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
  compress: false,
  // A redirect would be answered after the key has crossed the network in the clear.
  viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
})

/**
 * The read timeout holds until the first byte and between any two. A stream that has begun is never that silent, because the
 * gateway sends a comment every 15 seconds; an answer that is not streamed must be complete by then, or the caller gets a 504.
 */
const originOf = (url: string, settings: Settings, secret: FrontSecret): IOrigin =>
  new HttpOrigin(Fn.select(2, Fn.split('/', url)), {
    protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
    originSslProtocols: [OriginSslPolicy.TLS_V1_2],
    readTimeout: Duration.seconds(settings.frontTimeout),
    keepaliveTimeout: Duration.seconds(60),
    customHeaders: { [originHeader]: secret.value },
  })

/** A record in the zone; without one, the name that a record elsewhere must point to. */
function record(stack: Stack, settings: Settings, made: Distribution): void {
  const { domain, hostedZone: zoneName, hostedZoneId } = settings
  if (domain === undefined) return
  if (zoneName === undefined || hostedZoneId === undefined) {
    new CfnOutput(stack, 'FrontTarget', { value: made.distributionDomainName, description: `CNAME of ${domain}` })
    return
  }
  const zone = HostedZone.fromHostedZoneAttributes(stack, 'FrontZone', { zoneName, hostedZoneId })
  const target = RecordTarget.fromAlias(new CloudFrontTarget(made))
  new ARecord(stack, 'FrontRecord', { zone, recordName: `${domain}.`, target })
  new AaaaRecord(stack, 'FrontRecord6', { zone, recordName: `${domain}.`, target })
}

function acknowledge(made: Distribution, settings: Settings): void {
  const say = (id: string, reason: string) => Validations.of(made).acknowledge({ id: `AwsSolutions-${id}`, reason })
  say(
    'CFR1',
    'Callers are servers, and where they stand says nothing about them; a web ACL of your own can (webAclArn).',
  )
  say(
    'CFR3',
    'Access logs hold query strings, and GET /key/info?key=... has a key in it. The functions log every request, without that.',
  )
  if (!settings.waf && settings.webAclArn === undefined)
    say('CFR2', 'A firewall costs money while nobody calls; -c waf=true or -c webAclArn=ARN adds one.')
  if (settings.certificate === undefined)
    say(
      'CFR4',
      'The certificate of cloudfront.net and its protocols are AWS’s; -c domain and -c certificate bring TLS 1.2.',
    )
}
