import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What an agent is started with: the gateway's address, its keys, a model, and an empty home. */
export type At = { url: string; key: string; masterKey: string; model: string; home: string; prompt: string }
export type Started = { program: string; args: string[]; env?: Record<string, string> }
/** `keeps`: in front of which hosts the thoughts of earlier turns arrive as they were given; absent: it does not hand them back. */
export type Agent = { start: (at: At) => Started; keeps?: readonly string[]; hosts?: readonly string[] }

/** Writes a file of settings into the agent's home. */
function put(home: string, path: string, value: unknown): string {
  const file = join(home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
  return file
}

function codex({ url, key, model, home, prompt }: At): Started {
  const provider = { name: 'Purser', base_url: `${url}/v1`, env_key: 'API_KEY', wire_api: 'responses' }
  const settings = [
    `model = "${model}"`,
    'model_provider = "purser"',
    '[model_providers.purser]',
    ...Object.entries(provider).map(([name, value]) => `${name} = "${value}"`),
    'request_max_retries = 0',
    'stream_max_retries = 0',
  ]
  put(home, 'config.toml', settings.join('\n'))
  return {
    program: 'codex',
    args: ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', prompt],
    env: { CODEX_HOME: home, API_KEY: key },
  }
}

const claude = ({ url, key, model, prompt }: At): Started => ({
  program: 'claude',
  args: ['--print', '--allowedTools', 'Bash', '--model', model, '--', prompt],
  env: {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: key,
    ANTHROPIC_SMALL_FAST_MODEL: model,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: '0',
    DISABLE_AUTOUPDATER: '1',
  },
})

const opencode =
  (npm: string) =>
  ({ url, key, model, home, prompt }: At): Started => {
    const limit = { context: 200_000, output: 8_000 }
    const models = { [model]: { name: model, reasoning: true, tool_call: true, limit } }
    put(home, '.config/opencode/opencode.json', {
      provider: { purser: { npm, name: 'Purser', options: { baseURL: `${url}/v1`, apiKey: key }, models } },
      small_model: `purser/${model}`,
      autoupdate: false,
      share: 'disabled',
      permission: { bash: 'allow' },
    })
    const off = ['MODELS_FETCH', 'AUTOUPDATE', 'LSP_DOWNLOAD'].map((what) => [`OPENCODE_DISABLE_${what}`, '1'])
    return {
      program: 'opencode',
      args: ['run', '--title', 't', '--model', `purser/${model}`, prompt],
      env: Object.fromEntries(off) as Record<string, string>,
    }
  }

const pi =
  (api: string) =>
  ({ url, key, model, home, prompt }: At): Started => {
    const baseUrl = api === 'anthropic-messages' ? url : `${url}/v1`
    const models = [{ id: model, reasoning: true, input: ['text', 'image'], contextWindow: 200_000, maxTokens: 8_000 }]
    put(home, '.pi/agent/models.json', { providers: { purser: { baseUrl, api, apiKey: key, models } } })
    const args = ['--print', '--offline', '--provider', 'purser', '--model', model, '--thinking', 'low', prompt]
    return { program: 'pi', args, env: { PI_TELEMETRY: '0' } }
  }

const qwen =
  (type: 'openai' | 'anthropic') =>
  ({ url, key, model, prompt }: At): Started => ({
    program: 'qwen',
    args: ['--auth-type', type, '--model', model, '--yolo', prompt],
    env:
      type === 'openai'
        ? { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: model }
        : { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: url, ANTHROPIC_MODEL: model },
  })

/** By pass-through, which takes the provider's own name of a model. It names no output cap, so its key has no budget. */
function gemini({ url, masterKey, model, home, prompt }: At): Started {
  put(home, '.gemini/settings.json', {
    security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
    privacy: { usageStatisticsEnabled: false },
    general: { disableAutoUpdate: true },
  })
  return {
    program: 'gemini',
    args: [
      '--model',
      `${model.replace('gemini:', '')},as=gemini-3-flash`,
      '--yolo',
      '--skip-trust',
      '--prompt',
      prompt,
    ],
    env: { GEMINI_API_KEY: masterKey, GOOGLE_GEMINI_BASE_URL: `${url}/gemini` },
  }
}

function continued({ url, key, model, home, prompt }: At): Started {
  const entry = { name: 'm', provider: 'openai', model, apiBase: `${url}/v1`, apiKey: key, capabilities: ['tool_use'] }
  const file = put(home, 'config.yaml', { name: 't', version: '1.0.0', schema: 'v1', models: [entry] })
  const args = ['--config', file, '--auto', '--print', prompt]
  return { program: 'cn', args, env: { CONTINUE_TELEMETRY_ENABLED: '0' } }
}

const cline =
  (provider: string) =>
  ({ url, key, model, prompt }: At): Started => {
    const at = `--provider ${provider} --config "$HOME/c"`
    const auth = `cline auth ${at} --apikey ${key} --modelid '${model}' --baseurl ${url}/v1`
    return { program: 'bash', args: ['-c', `${auth} && cline ${at} --model '${model}' '${prompt}'`] }
  }

const all = ['openai', 'chat', 'anthropic', 'gemini']
const sealing = ['openai', 'anthropic', 'gemini']

/** Coding agents as people start them, by each tongue that they speak. */
export const agents: Record<string, Agent> = {
  codex: { start: codex, keeps: sealing },
  claude: { start: claude, keeps: ['anthropic', 'gemini'] },
  'opencode chat': { start: opencode('@ai-sdk/openai-compatible'), keeps: all },
  'opencode responses': { start: opencode('@ai-sdk/openai'), keeps: sealing },
  'opencode messages': { start: opencode('@ai-sdk/anthropic'), keeps: ['anthropic', 'gemini'] },
  'pi chat': { start: pi('openai-completions'), keeps: all },
  'pi responses': { start: pi('openai-responses'), keeps: sealing },
  'pi messages': { start: pi('anthropic-messages'), keeps: ['anthropic', 'gemini'] },
  'qwen chat': { start: qwen('openai'), keeps: ['anthropic', 'gemini'] },
  'qwen messages': { start: qwen('anthropic'), keeps: ['gemini'] },
  gemini: { start: gemini, keeps: ['gemini'], hosts: ['gemini'] },
  continue: { start: continued, keeps: ['anthropic', 'gemini'] },
  'cline chat': { start: cline('openai-compatible'), keeps: all },
  'cline responses': { start: cline('openai-native'), keeps: sealing },
}
