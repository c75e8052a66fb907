import { afterAll, beforeAll, expect, it } from 'vitest'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { reportPeriod } from '../../lib/steps/report-period.ts'
import { startReceiver } from '../support/receiver.ts'
import { attemptAt, spendEvent } from '../support/spend.ts'
import { type Account, snsEvent, startAccount } from './account.ts'

const configText = `
model_list: [{ model_name: fast, litellm_params: { model: openai/gpt-4o, api_key: os.environ/KEY } }]
`

let people: Awaited<ReturnType<typeof startReceiver>>
let account: Account
beforeAll(async () => {
  people = await startReceiver()
  const secret = {
    SLACK_WEBHOOK_URL: people.url('/slack'),
    PAGERDUTY_ROUTING_KEY: 'r',
    PAGERDUTY_URL: people.url('/pagerduty'),
  }
  account = await startAccount({ configText, masterKey: 'sk-master', secret })
})
afterAll(async () => {
  await account.stop()
  await people.stop()
})

it('a scheduled report goes from the deployed code over the topic to Slack, once', async () => {
  const { from } = reportPeriod(Date.now(), { every: 'weekly', timeZone: 'UTC' })
  const end = Date.parse(`${from}T12:00:00Z`)
  const event = spendEvent(attemptAt(end, 'report'), 1_234_500_000, [], { end, provider: 'openai' })
  await ledgerStore(sdkDynamo(account.store.client), account.store.table).record([event])
  const spend = await account.start('spend', 30_000)
  const alerts = await account.start('alerts', 30_000)

  for (let call = 0; call < 2; call++) await spend.invoke({ task: 'report', every: 'weekly' })
  for (const { message } of account.alerts) {
    await alerts.invoke(snsEvent(message))
    await alerts.invoke(snsEvent(message))
  }

  expect(account.alerts.map(({ attributes }) => attributes)).toMatchObject([{ kind: 'report', level: 'info' }])
  expect(people.received.map(({ path }) => path)).toEqual(['/slack'])
  expect(people.at('/slack')[0]?.text).toContain(`Weekly spend report, ${from}`)
  expect(people.at('/slack')[0]?.text).toContain('Total: $1.2345 for 1 request')
})
