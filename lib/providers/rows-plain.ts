import { host } from './host.ts'
import type { Provider } from './provider.ts'

// Hosts of chat completions that differ from most in nothing.

export const plain: readonly Provider[] = [
  host({
    id: 'meta_llama',
    name: 'Meta Llama API',
    baseUrl: 'https://api.llama.com/compat/v1',
    keyNames: ['LLAMA_API_KEY'],
  }),
  host({
    id: 'xiaomi_mimo',
    name: 'Xiaomi MiMo',
    baseUrl: 'https://api.xiaomimimo.com/v1',
  }),
  host({ id: 'stepfun', name: 'StepFun', baseUrl: 'https://api.stepfun.com/v1' }),
  host({
    id: 'amazon_nova',
    name: 'Amazon Nova API',
    baseUrl: 'https://api.nova.amazon.com/v1',
    keyNames: ['NOVA_API_KEY', 'AMAZON_NOVA_API_KEY'],
  }),
  host({
    id: 'poolside',
    name: 'Poolside',
    baseUrl: 'https://inference.poolside.ai/v1',
  }),
  host({ id: 'v0', name: 'v0', baseUrl: 'https://api.v0.dev/v1' }),
  host({
    id: 'friendliai',
    name: 'Friendli',
    baseUrl: 'https://api.friendli.ai/serverless/v1',
    baseName: 'FRIENDLI_API_BASE',
    keyNames: ['FRIENDLI_TOKEN', 'FRIENDLIAI_API_KEY'],
  }),
  host({ id: 'lambda_ai', name: 'Lambda', baseUrl: 'https://api.lambda.ai/v1', keyNames: ['LAMBDA_API_KEY'] }),
  host({
    id: 'featherless_ai',
    name: 'Featherless',
    baseUrl: 'https://api.featherless.ai/v1',
    keyNames: ['FEATHERLESS_AI_API_KEY', 'FEATHERLESS_API_KEY'],
  }),
  host({
    id: 'wandb',
    name: 'W&B Inference',
    baseUrl: 'https://api.inference.wandb.ai/v1',
  }),
  host({ id: 'chutes', name: 'Chutes', baseUrl: 'https://llm.chutes.ai/v1' }),
  host({
    id: 'synthetic',
    name: 'Synthetic',
    baseUrl: 'https://api.synthetic.new/openai/v1',
  }),
  host({
    id: 'gmi',
    name: 'GMI Cloud',
    baseUrl: 'https://api.gmi-serving.com/v1',
    keyNames: ['GMI_API_KEY', 'GMICLOUD_API_KEY'],
  }),
  host({
    id: 'crusoe',
    name: 'Crusoe',
    baseUrl: 'https://api.inference.crusoecloud.com/v1',
  }),
  host({
    id: 'inference_net',
    name: 'Inference.net',
    baseUrl: 'https://api.inference.net/v1',
    keyNames: ['INFERENCE_API_KEY'],
  }),
  host({
    id: 'digitalocean',
    name: 'DigitalOcean',
    baseUrl: 'https://inference.do-ai.run/v1',
    keyNames: ['DIGITALOCEAN_ACCESS_TOKEN'],
  }),
  host({ id: 'vultr', name: 'Vultr', baseUrl: 'https://api.vultrinference.com/v1' }),
  host({
    id: 'galadriel',
    name: 'Galadriel',
    baseUrl: 'https://api.galadriel.com/v1',
  }),
  host({ id: 'empower', name: 'Empower', baseUrl: 'https://app.empower.dev/api/v1' }),
  host({
    id: 'modelscope',
    name: 'ModelScope',
    baseUrl: 'https://api-inference.modelscope.cn/v1',
  }),
  host({ id: 'qiniu', name: 'Qiniu', baseUrl: 'https://api.qnaigc.com/v1' }),
  host({
    id: 'stackit',
    name: 'STACKIT',
    baseUrl: 'https://api.openai-compat.model-serving.eu01.onstackit.cloud/v1',
  }),
  host({ id: 'tinfoil', name: 'Tinfoil', baseUrl: 'https://inference.tinfoil.sh/v1' }),
  host({ id: 'nearai', name: 'NEAR AI', baseUrl: 'https://cloud-api.near.ai/v1' }),
  host({
    id: 'helicone',
    name: 'Helicone gateway',
    baseUrl: 'https://ai-gateway.helicone.ai/v1',
  }),
  host({ id: 'poe', name: 'Poe', baseUrl: 'https://api.poe.com/v1' }),
  host({
    id: 'nano-gpt',
    name: 'NanoGPT',
    baseUrl: 'https://nano-gpt.com/api/v1',
    keyNames: ['NANO_GPT_API_KEY', 'NANOGPT_API_KEY'],
  }),
  host({
    id: 'apertis',
    name: 'Apertis',
    baseUrl: 'https://api.stima.tech/v1',
    keyNames: ['APERTIS_API_KEY', 'STIMA_API_KEY'],
  }),
  host({
    id: 'assemblyai',
    name: 'AssemblyAI LLM gateway',
    baseUrl: 'https://llm-gateway.assemblyai.com/v1',
  }),
  host({ id: 'requesty', name: 'Requesty', baseUrl: 'https://router.requesty.ai/v1' }),
  host({ id: 'kilo', name: 'Kilo gateway', baseUrl: 'https://api.kilo.ai/api/gateway' }),
  host({ id: '302ai', name: '302.AI', baseUrl: 'https://api.302.ai/v1' }),
  host({
    id: 'fastrouter',
    name: 'FastRouter',
    baseUrl: 'https://go.fastrouter.ai/api/v1',
  }),
  host({ id: 'cortecs', name: 'Cortecs', baseUrl: 'https://api.cortecs.ai/v1' }),
]
