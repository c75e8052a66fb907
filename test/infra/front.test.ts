import { App, Validations } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, it } from 'vitest'
import { adminPatterns } from '../../infra/front-paths.ts'
import { conflicts } from '../../infra/settings-conflicts.ts'
import { defaultFields } from '../../infra/settings-fields.ts'
import type { Settings } from '../../infra/settings.ts'
import { purser } from '../../infra/stack.ts'
import { listOf, objectOf } from '../../lib/core/json.ts'
import { isAdminPath, routes } from '../../lib/flows/admin/routes.ts'
import { config } from '../support/configuration.ts'

const settings: Settings = {
  ...defaultFields,
  front: true,
  configFile: 'config.yaml',
  config: config({ deployments: [], masterKey: { env: 'PURSER_MASTER_KEY' } }),
}
const domain = {
  domain: 'llm.example.com',
  certificate: 'arn:aws:acm:us-east-1:123456789012:certificate/0c2b7b1e-1111-2222-3333-444455556666',
}
const zone = { hostedZone: 'example.com', hostedZoneId: 'Z0123456789ABCDEFGHIJ' }

function made(over: Partial<Settings> = {}) {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  return { app, template: Template.fromStack(purser(app, { ...settings, ...over })) }
}

const { template } = made(domain)

const distribution = (from = template) => {
  const [found] = Object.values(from.findResources('AWS::CloudFront::Distribution'))
  return objectOf(objectOf(found?.Properties).DistributionConfig)
}
const behaviours = (from = template) => [
  objectOf(distribution(from).DefaultCacheBehavior),
  ...listOf(distribution(from).CacheBehaviors).map(objectOf),
]
const originOf = (door: 'Gateway' | 'Admin', from = template) =>
  listOf(distribution(from).Origins)
    .map(objectOf)
    .find(({ DomainName }) => JSON.stringify(DomainName).includes(`"${door}`))
const environmentOf = (door: string, from: Template): unknown => {
  const functions = Object.entries(from.findResources('AWS::Lambda::Function'))
  const [, found] = functions.find(([id]) => new RegExp(`^${door}[0-9A-F]{8}$`).test(id)) ?? []
  return objectOf(objectOf(objectOf(found?.Properties).Environment).Variables).ORIGIN_SECRETS
}

describe('the front', () => {
  it('is not there unless it is asked for, and then no function wants its secret', () => {
    const without = made({ front: false }).template

    without.resourceCountIs('AWS::CloudFront::Distribution', 0)
    expect(environmentOf('Gateway', without)).toBeUndefined()
    expect(environmentOf('Admin', without)).toBeUndefined()
  })

  it('caches, compresses and holds nothing back, and passes every header but host', () => {
    for (const behaviour of behaviours())
      expect(behaviour).toMatchObject({
        Compress: false,
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        ViewerProtocolPolicy: 'https-only',
        AllowedMethods: expect.arrayContaining(['POST', 'DELETE', 'PATCH', 'OPTIONS']) as unknown,
      })
  })

  it('speaks HTTP/3 and nothing older than TLS 1.2', () => {
    expect(distribution()).toMatchObject({
      HttpVersion: 'http2and3',
      Aliases: ['llm.example.com'],
      ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021', SslSupportMethod: 'sni-only' },
    })
  })

  it('waits for a silent function as long as a quota allows, and shows it the secret', () => {
    for (const door of ['Gateway', 'Admin'] as const)
      expect(originOf(door)).toMatchObject({
        CustomOriginConfig: { OriginReadTimeout: 120, OriginProtocolPolicy: 'https-only' },
        OriginCustomHeaders: [{ HeaderName: 'x-origin-verify', HeaderValue: environmentOf(door, template) }],
      })
    expect(JSON.stringify(environmentOf('Gateway', template))).toMatch(/resolve:secretsmanager:.*FrontSecret1/)
  })

  it('sends management paths to the management function, and the rest to the data plane', () => {
    const [rest, ...management] = behaviours()

    expect(rest?.TargetOriginId).toBe(originOf('Gateway')?.Id)
    expect(management.map(({ PathPattern }) => PathPattern)).toEqual(adminPatterns())
    for (const { TargetOriginId } of management) expect(TargetOriginId).toBe(originOf('Admin')?.Id)
  })

  it('puts a web function behind it as well', () => {
    const web = made({ ...domain, compute: 'web-function' }).template
    const revisions = Object.values(web.findResources('AWS::Lambda::WebFunctionRevision'))

    expect(JSON.stringify(revisions)).toContain('FrontSecret1')
    expect(listOf(distribution(web).Origins)).toHaveLength(2)
  })

  it('gets a record in a zone that is given, and says what to point to otherwise', () => {
    const zoned = made({ ...domain, ...zone }).template

    template.resourceCountIs('AWS::Route53::RecordSet', 0)
    template.hasOutput('FrontTarget', { Description: 'CNAME of llm.example.com' })
    for (const Type of ['A', 'AAAA'])
      zoned.hasResourceProperties('AWS::Route53::RecordSet', {
        Type,
        Name: 'llm.example.com.',
        HostedZoneId: zone.hostedZoneId,
      })
    zoned.hasOutput('FrontUrl', { Value: 'https://llm.example.com/' })
  })
})

describe('the secret between front and functions', () => {
  it('is replaced by the next number, while the functions still take the one before', () => {
    const rotated = made({ ...domain, frontSecret: 2 }).template
    const [shown] = listOf(originOf('Gateway', rotated)?.OriginCustomHeaders).map(objectOf)
    const accepted = JSON.stringify(environmentOf('Admin', rotated))

    expect(JSON.stringify(shown?.HeaderValue)).toMatch(/FrontSecret2/)
    expect(JSON.stringify(shown?.HeaderValue)).not.toMatch(/FrontSecret1/)
    expect(accepted).toMatch(/FrontSecret2.*,\{\{resolve.*FrontSecret1/)
  })

  it('keeps the secret that it had when it becomes the one before', () => {
    const names = (frontSecret: number) =>
      Object.keys(made({ frontSecret }).template.findResources('AWS::SecretsManager::Secret')).filter((id) =>
        id.startsWith('FrontSecret'),
      )

    expect(names(3)).toHaveLength(2)
    expect(names(3).filter((id) => names(2).includes(id))).toHaveLength(1)
  })
})

describe('management paths', () => {
  /** CloudFront's own matching: `*` is any text, `?` one character, case counts. */
  const matches = (path: string) =>
    adminPatterns().some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(path))

  it.each([
    ...Object.keys(routes).map((path) => path.replace('{}', 'sk-one')),
    '/v1/model/info/',
    '/key/unheard-of',
    '/global/spend/report',
  ])('%s goes to the management function, as the local server has it', (path) => {
    expect([matches(path), isAdminPath(path)]).toEqual([true, true])
  })

  it.each([
    '/',
    '/v1/chat/completions',
    '/v1/messages',
    '/chat/completions',
    '/v1/models',
    '/models',
    '/v1/models/key/info',
    '/openai/deployments/key/chat/completions',
    '/engines/model/embeddings',
    '/health/liveliness',
    '/health/readiness',
    '/keys',
    '/model_groups',
  ])('%s goes to the data plane', (path) => {
    expect([matches(path), isAdminPath(path)]).toEqual([false, false])
  })
})

describe('the firewall', () => {
  const walled = made({ ...domain, waf: true, wafRate: 500 }).template
  const acl = () => objectOf(Object.values(walled.findResources('AWS::WAFv2::WebACL'))[0]?.Properties)
  const rules = () => listOf(acl().Rules).map(objectOf)

  it('belongs to CloudFront and guards the front', () => {
    expect(acl().Scope).toBe('CLOUDFRONT')
    expect(JSON.stringify(distribution(walled).WebACLId)).toContain('Firewall')
  })

  it('answers an address over its rate with a 429 that clients understand', () => {
    walled.hasResourceProperties('AWS::WAFv2::WebACL', {
      Rules: Match.arrayWith([
        Match.objectLike({
          Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 500, EvaluationWindowSec: 300 } },
          Action: { Block: { CustomResponse: Match.objectLike({ ResponseCode: 429 }) } },
        }),
      ]),
    })
    const body = objectOf(objectOf(acl().CustomResponseBodies).tooMany)
    expect(JSON.parse(body.Content as string)).toMatchObject({ error: { code: '429', type: 'throttling_error' } })
  })

  it('refuses nobody for what a prompt says: groups that look into bodies only count', () => {
    const blocking = rules().filter(({ OverrideAction }) => objectOf(OverrideAction).Count === undefined)

    const text = JSON.stringify(blocking)
    expect(text).not.toMatch(/CommonRuleSet|SQLi|KnownBadInputsRuleSet|AnonymousIp|_Body"|FieldToMatch/)
    expect(text).toMatch(/AmazonIpReputationList/)
    expect(JSON.stringify(rules())).toMatch(/KnownBadInputsRuleSet/)
  })

  it('refuses known attacks by the labels of a rule before its own', () => {
    const priority = (name: string) => Number(rules().find((rule) => rule.Name === name)?.Priority)

    expect(priority('KnownBadInputs')).toBeLessThan(priority('BadPathsAndHeaders'))
  })

  it('keeps no samples, in which keys would be', () => {
    for (const { VisibilityConfig } of [acl(), ...rules()])
      expect(objectOf(VisibilityConfig).SampledRequestsEnabled).toBe(false)
  })

  it('can be one that exists', () => {
    const webAclArn = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/ours/0c2b7b1e'
    const other = made({ ...domain, webAclArn }).template

    expect(distribution(other).WebACLId).toBe(webAclArn)
    other.resourceCountIs('AWS::WAFv2::WebACL', 0)
  })
})

describe('signed requests', () => {
  const signed = made({ front: false, iam: true }).template

  it('have a URL of their own on an alias, beside the open one', () => {
    signed.hasResourceProperties('AWS::Lambda::Url', {
      AuthType: 'AWS_IAM',
      Qualifier: 'iam',
      InvokeMode: 'RESPONSE_STREAM',
    })
    signed.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM' })
    signed.hasOutput('IamUrl', {})
    template.resourcePropertiesCountIs('AWS::Lambda::Url', { AuthType: 'AWS_IAM' }, 0)
  })

  it('need both permissions, of which the second holds through the URL alone', () => {
    signed.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: [
          {
            Action: 'lambda:InvokeFunctionUrl',
            Effect: 'Allow',
            Resource: { Ref: Match.stringLikeRegexp('Aliasiam') },
            Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
          },
          {
            Action: 'lambda:InvokeFunction',
            Effect: 'Allow',
            Resource: { Ref: Match.stringLikeRegexp('Aliasiam') },
            Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': true } },
          },
        ],
      },
    })
  })

  it('open the function to nobody else', () => {
    const open = Object.values(signed.findResources('AWS::Lambda::Permission'))
      .map(({ Properties }) => objectOf(Properties))
      .filter(({ FunctionName }) => JSON.stringify(FunctionName).includes('Alias'))

    expect(open).toEqual([])
  })
})

describe('settings that do not go together', () => {
  const given = (over: Partial<Settings>, region?: string) =>
    conflicts({ ...defaultFields, front: true, ...over }, region).join('\n')

  it('have nothing to say about what does', () => {
    expect(given({})).toBe('')
    expect(given({ ...domain, ...zone, waf: true, wafRate: 100 }, 'us-east-1')).toBe('')
    expect(given({ front: false, iam: true })).toBe('')
  })

  it.each<[Partial<Settings>, RegExp]>([
    [{ domain: 'a.example.com' }, /domain and certificate go together/],
    [{ ...domain, hostedZone: 'example.com' }, /hostedZone and hostedZoneId go together/],
    [{ ...domain, ...zone, hostedZone: 'other.com' }, /llm\.example\.com is not in other\.com/],
    [{ ...domain, ...zone, hostedZone: 'ample.com' }, /is not in ample\.com/],
    [{ wafRate: 100 }, /wafRate: .* waf=true/],
    [{ waf: true, webAclArn: 'arn' }, /give waf or webAclArn/],
    [{ front: false, waf: true }, /waf: .*front=true/],
    [{ front: false, ...domain }, /domain: .*front=true/],
    [{ iam: true, compute: 'web-function' }, /iam: a web function is not told who/],
  ])('%j: says which and what to do', (over, line) => {
    expect(given(over)).toMatch(line)
  })

  it('include a firewall outside us-east-1', () => {
    expect(given({ waf: true }, 'eu-west-1')).toMatch(/us-east-1 alone, and this stack goes to eu-west-1; .*webAclArn/)
  })
})

describe('cdk-nag', () => {
  it.each<[string, Partial<Settings>]>([
    ['without a domain', {}],
    ['with everything', { ...domain, ...zone, waf: true, iam: true, frontSecret: 2 }],
    ['before a web function', { ...domain, compute: 'web-function' }],
  ])('has nothing to say about a front %s', (_name, over) => {
    const { app } = made(over)
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))

    expect(() => app.synth()).not.toThrow()
  })
})
