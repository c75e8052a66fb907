import type { Stack } from 'aws-cdk-lib'
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2'
import type { Settings } from './settings.ts'

type Rule = Omit<CfnWebACL.RuleProperty, 'priority' | 'visibilityConfig'>

/** The error of an address over its rate, in the envelope that OpenAI's clients read; they come back by themselves. */
const tooMany = {
  error: {
    message: 'Too many requests from this address. Slow down, or ask for a higher limit (wafRate).',
    type: 'throttling_error',
    param: null,
    code: '429',
  },
}

/**
 * Matches of AWS's "known bad inputs" that are refused: all that look at a path, a query or a header. The labels are those of
 * the rule group's documentation. A body is a prompt, and a prompt may quote any attack there is.
 */
const refused = [
  'ExploitablePaths_URIPath',
  'Host_Localhost_Header',
  'JavaDeserializationRCE_Header',
  'JavaDeserializationRCE_QueryString',
  'JavaDeserializationRCE_URIPath',
  'Log4JRCE_Header',
  'Log4JRCE_QueryString',
  'Log4JRCE_URIPath',
  'Propfind_Method',
] as const

/**
 * The front's web ACL. It reads no body: AWS's core rule set and its SQL rules would refuse prompts over 8 KB, and any with
 * markup or SQL in them; its list of anonymous addresses has every cloud's servers on it, which are our callers. Rules that AWS
 * adds to a group later only count, because groups count and a rule of ours refuses. Answers are never looked at, so streams
 * pass as they come. Samples are off: they would show headers, and so keys. Returns the ARN.
 */
export function firewall(stack: Stack, settings: Settings): string {
  const rules: Rule[] = [rate(settings.wafRate), reputation, counted, bad]
  const acl = new CfnWebACL(stack, 'Firewall', {
    scope: 'CLOUDFRONT',
    description: 'Purser: addresses by rate and reputation, and paths and headers of known attacks',
    defaultAction: { allow: {} },
    customResponseBodies: { tooMany: { contentType: 'APPLICATION_JSON', content: JSON.stringify(tooMany) } },
    visibilityConfig: seen('Firewall'),
    rules: rules.map((rule, priority) => ({ ...rule, priority, visibilityConfig: seen(rule.name) })),
  })
  return acl.attrArn
}

const seen = (metricName: string): CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: false,
})

const rate = (limit: number): Rule => ({
  name: 'Rate',
  statement: { rateBasedStatement: { aggregateKeyType: 'IP', limit, evaluationWindowSec: 300 } },
  action: {
    block: {
      customResponse: {
        responseCode: 429,
        customResponseBodyKey: 'tooMany',
        responseHeaders: [{ name: 'retry-after', value: '60' }],
      },
    },
  },
})

const group = (name: string): CfnWebACL.StatementProperty => ({
  managedRuleGroupStatement: { vendorName: 'AWS', name },
})

/** Addresses that Amazon has seen attack; nothing else of a request is looked at. */
const reputation: Rule = {
  name: 'Reputation',
  statement: group('AWSManagedRulesAmazonIpReputationList'),
  overrideAction: { none: {} },
}

const counted: Rule = {
  name: 'KnownBadInputs',
  statement: group('AWSManagedRulesKnownBadInputsRuleSet'),
  overrideAction: { count: {} },
}

/** Labels are put on by the rule before, whose own verdicts only count. */
const bad: Rule = {
  name: 'BadPathsAndHeaders',
  statement: {
    orStatement: {
      statements: refused.map((label) => ({
        labelMatchStatement: { scope: 'LABEL', key: `awswaf:managed:aws:known-bad-inputs:${label}` },
      })),
    },
  },
  action: { block: {} },
}
