import { secretValue } from '../config/secrets.ts'
import type { Config } from '../core/config.ts'
import type { Secret } from '../core/deployment.ts'
import type { Notice } from '../core/notice.ts'
import type { Log } from '../core/ports.ts'
import { levelOf } from './alert-level.ts'
import { pagerDutyEvent, pagerDutyUrl } from './alert-pagerduty.ts'
import { slackBody } from './alert-slack.ts'
import { webhookPost } from './alert-webhook.ts'

/** Somebody to tell. `name` is what deliveries are known by: it must not change. `send` rejects where it was not taken. */
export type Target = { name: string; takes: (notice: Notice) => boolean; send: (notice: Notice) => Promise<void> }

/** Sends a JSON body, resolves with the HTTP status, rejects with a reason that shows no secret. */
export type PostJson = (post: { url: string; headers: Record<string, string>; body: string }) => Promise<number>

export type TargetPorts = {
  /** A secret by its name: of the environment, or of the stack's secret. */
  get: (name: string) => Promise<string | undefined>
  post: PostJson
  now: () => number
  log: Log
}

/** Kinds that the config sends to Slack's other webhook. */
const isReport = (notice: Notice) => notice.kind === 'report'
const isOther = (notice: Notice) => notice.kind !== 'report'
const all = () => true

/**
 * Everybody to tell, by what is configured: Slack (`alert_to_webhook_url`, else SLACK_WEBHOOK_URL), LiteLLM's webhook
 * channel (WEBHOOK_URL), PagerDuty (PAGERDUTY_ROUTING_KEY), a receiver of one's own (ALERT_WEBHOOK_URL, signed with
 * ALERT_WEBHOOK_SECRET), and always the log.
 */
export async function alertTargets(config: Config, ports: TargetPorts): Promise<Target[]> {
  const { get } = ports
  const first = async (secret: Secret | undefined, name: string) =>
    (secret && (await secretValue(secret, get))) || (await get(name))
  const slack = await first(config.slackWebhook, 'SLACK_WEBHOOK_URL')
  const reports = config.reportWebhook ? await secretValue(config.reportWebhook, get) : slack
  const routingKey = await get('PAGERDUTY_ROUTING_KEY')
  const litellm = config.alertWebhook && (await secretValue(config.alertWebhook, get))
  const webhook = await get('ALERT_WEBHOOK_URL')
  return [
    logTarget(ports.log),
    ...(slack ? [slackTarget(ports, { name: 'slack', url: slack, takes: isOther })] : []),
    ...(reports ? [slackTarget(ports, { name: 'slack-reports', url: reports, takes: isReport })] : []),
    ...(litellm ? [slackTarget(ports, { name: 'litellm-webhook', url: litellm, takes: all })] : []),
    ...(routingKey ? [pagerDutyTarget(ports, routingKey, (await get('PAGERDUTY_URL')) || pagerDutyUrl)] : []),
    ...(webhook ? [webhookTarget(ports, webhook, await get('ALERT_WEBHOOK_SECRET'))] : []),
  ]
}

/** Also where nobody else is configured, so that no alert goes unsaid. */
const logTarget = (log: Log): Target => ({
  name: 'log',
  takes: all,
  send: async (notice) => {
    const scope = notice.kind === 'alarm' ? {} : { scope: notice.scope, scope_id: notice.scope_id }
    const level = levelOf(notice) === 'info' ? 'info' : 'warn'
    log(level, notice.text, { alert: notice.id, kind: notice.kind, ...scope })
  },
})

const slackTarget = ({ post }: TargetPorts, { url, ...rest }: Pick<Target, 'name' | 'takes'> & { url: string }) => ({
  ...rest,
  send: async (notice: Notice) => taken(await post({ url, headers: {}, body: JSON.stringify(slackBody(notice)) })),
})

const pagerDutyTarget = ({ post }: TargetPorts, routingKey: string, url: string): Target => ({
  name: 'pagerduty',
  takes: isOther,
  send: async (notice) => {
    if (notice.kind === 'report') return
    taken(await post({ url, headers: {}, body: JSON.stringify(pagerDutyEvent(notice, routingKey)) }))
  },
})

const webhookTarget = ({ post, now }: TargetPorts, url: string, secret: string | undefined): Target => ({
  name: 'webhook',
  takes: all,
  send: async (notice) => taken(await post({ url, ...webhookPost(notice, secret, now()) })),
})

function taken(status: number): void {
  if (status < 200 || status > 299) throw new Error(`answered ${status}`)
}
