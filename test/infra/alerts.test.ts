import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Validations } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { afterAll, describe, expect, it } from 'vitest'
import { conflicts } from '../../infra/settings-conflicts.ts'
import { defaultFields } from '../../infra/settings-fields.ts'
import { readTeams } from '../../infra/settings-teams.ts'
import type { Settings } from '../../infra/settings.ts'
import { purser } from '../../infra/stack.ts'
import { objectOf } from '../../lib/core/json.ts'
import { config } from '../support/configuration.ts'

const chatSettings = { chatWorkspace: 'T0123ABCD', chatChannel: 'C0123ABCD' }

/** The code is not bundled here: these tests are about the template. */
function made(over: Partial<Settings> = {}) {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  const stack = purser(app, { ...defaultFields, configFile: 'config.yaml', config: config(), ...over })
  return { app, stack }
}

const templateOf = (over: Partial<Settings> = {}) => Template.fromStack(made(over).stack)
const standard = templateOf({ config: config({ timeZone: 'Europe/Berlin' }) })

const reportsOf = (template: Template) =>
  Object.values(template.findResources('AWS::Scheduler::Schedule'))
    .map((schedule) => objectOf(schedule.Properties))
    .filter(({ Target }) => JSON.stringify(Target).includes('report'))
    .map(({ ScheduleExpression, ScheduleExpressionTimezone, Target }) => [
      ScheduleExpression,
      ScheduleExpressionTimezone,
      objectOf(Target).Input,
    ])

describe('the spend report', () => {
  it('is asked for on Monday at nine by the clock that budgets go by', () => {
    expect(reportsOf(standard)).toEqual([
      ['cron(0 9 ? * MON *)', 'Europe/Berlin', '{"task":"report","every":"weekly"}'],
    ])
  })

  it('comes monthly or not at all where the config says so, or the setting, which wins', () => {
    const monthly = [['cron(0 9 1 * ? *)', 'UTC', '{"task":"report","every":"monthly"}']]

    expect(reportsOf(templateOf({ config: config({ report: 'monthly' }) }))).toEqual(monthly)
    expect(reportsOf(templateOf({ config: config({ report: 'off' }), report: 'monthly' }))).toEqual(monthly)
    expect(reportsOf(templateOf({ report: 'off' }))).toEqual([])
  })

  it('is written down as sent by the function that sends it', () => {
    standard.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^SpendRole') }],
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'dynamodb:UpdateItem',
            Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ALERT#*'] } },
          }),
        ]),
      },
    })
  })
})

describe('a Slack channel by Amazon Q Developer', () => {
  it('listens at the topic, may nothing, and lets nobody do anything', () => {
    const template = templateOf(chatSettings)
    const roles = Object.entries(template.findResources('AWS::IAM::Role')).filter(([id]) => id.startsWith('ChatRole'))
    const policies = Object.values(template.findResources('AWS::IAM::Policy')).map(({ Properties }) =>
      JSON.stringify(objectOf(Properties).Roles),
    )

    template.hasResourceProperties('AWS::Chatbot::SlackChannelConfiguration', {
      SlackWorkspaceId: 'T0123ABCD',
      SlackChannelId: 'C0123ABCD',
      SnsTopicArns: [{ Ref: Match.stringLikeRegexp('^AlertsTopic') }],
      GuardrailPolicies: [{ Ref: Match.stringLikeRegexp('^ChatGuardrail') }],
    })
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: { Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] },
    })
    expect(roles).toHaveLength(1)
    expect(objectOf(roles[0]?.[1].Properties).ManagedPolicyArns).toBeUndefined()
    expect(policies.filter((of) => of.includes('ChatRole'))).toEqual([])
    expect(JSON.stringify(template.toJSON())).not.toContain('AdministratorAccess')
  })

  it('is not made unless it is named, and needs workspace and channel', () => {
    standard.resourceCountIs('AWS::Chatbot::SlackChannelConfiguration', 0)

    expect(conflicts({ ...defaultFields, chatChannel: 'C0123ABCD' }, undefined).join()).toContain(
      'chatWorkspace and chatChannel go together',
    )
    expect(conflicts({ ...defaultFields, ...chatSettings }, undefined)).toEqual([])
  })
})

describe('teams', () => {
  const alertTeams = [
    { team: 't1', email: 'research@example.com' },
    { team: 't2', email: 'research@example.com' },
    { team: 't1', https: 'https://example.com/hook' },
    { team: 't3', email: 'ops@example.com' },
  ]

  it('hear of what carries their id, each address by one subscription', () => {
    const template = templateOf({ alertTeams, alertEmail: 'ops@example.com' })
    const filtered = Object.values(template.findResources('AWS::SNS::Subscription'))
      .map(({ Properties }) => objectOf(Properties))
      .map(({ Protocol, Endpoint, FilterPolicy }) => [Protocol, Endpoint, FilterPolicy])
      .filter(([protocol]) => protocol !== 'lambda')

    expect(filtered).toEqual([
      ['email', 'ops@example.com', undefined],
      ['email', 'research@example.com', { team_id: ['t1', 't2'] }],
      ['https', 'https://example.com/hook', { team_id: ['t1'] }],
    ])
  })

  describe('come from a file', () => {
    const dir = mkdtempSync(join(tmpdir(), 'purser-teams-'))
    afterAll(() => rmSync(dir, { recursive: true, force: true }))
    const read = (text: string) => {
      writeFileSync(join(dir, 'teams.json'), text)
      return readTeams(join(dir, 'teams.json'))
    }

    it('that is read as it stands', () => {
      expect(read(JSON.stringify(alertTeams))).toEqual(alertTeams)
    })

    it.each([
      'no json',
      '{}',
      '[{"team":"t1"}]',
      '[{"team":"","email":"a@b.c"}]',
      '[{"team":"t1","email":"nobody"}]',
      '[{"team":"t1","https":"http://example.com"}]',
      '[{"team":"t1","email":"a@b.c","mail":"x"}]',
    ])('that is refused where it says %s', (text) => {
      expect(read(text)).toBeUndefined()
    })
  })
})

describe('cdk-nag', () => {
  it('has nothing to say', () => {
    const { app } = made({ ...chatSettings, alertTeams: [{ team: 't1', https: 'https://example.com/hook' }] })
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))

    expect(() => app.synth()).not.toThrow()
  })
})
