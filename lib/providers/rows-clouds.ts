import type { Flags } from '../dialects/flags.ts'
import { at, host, messagesAt, modelsWith, responsesAt } from './host.ts'
import type { Provider } from './provider.ts'

// Who serves models of others on machines of their own.

/**
 * console.groq.com: reasoning goes back as `reasoning`; `reasoning_content` is refused as an unknown property. JSON cannot be
 * demanded beside tools, and schemas of the newer models alone ("Structured Outputs").
 */
const groqFlags: Flags = {
  reasoningHistory: 'reasoning',
  formatBesideTools: 'words',
  strictFields: true,
  refusedParams: ['logit_bias', 'logprobs', 'top_logprobs', 'modalities', 'audio', 'prediction', 'web_search_options'],
}

export const clouds: readonly Provider[] = [
  host({
    id: 'groq',
    name: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    paths: at('chat speech transcriptions translations'),
    flags: groqFlags,
    also: [
      responsesAt(),
      modelsWith(/gpt-oss/, { ...groqFlags, effortValues: ['low', 'medium', 'high'] }),
      modelsWith(/qwen3/, { ...groqFlags, responseFormat: 'json_object', effortValues: ['none', 'default'] }),
      modelsWith(/llama-?3|gemma|allam|compound|distill|saba/, { ...groqFlags, responseFormat: 'json_object' }),
    ],
    priceId: 'groq',
    telemetryName: 'groq',
  }),
  host({
    id: 'together_ai',
    name: 'Together AI',
    baseUrl: 'https://api.together.xyz/v1',
    keyNames: ['TOGETHERAI_API_KEY', 'TOGETHER_AI_API_KEY', 'TOGETHER_AI_TOKEN', 'TOGETHER_API_KEY'],
    paths: at('chat completions embeddings images speech transcriptions translations rerank'),
    codecs: { images: 'together', rerank: 'cohere' },
    priceId: 'together',
  }),
  host({
    id: 'fireworks_ai',
    name: 'Fireworks',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    keyNames: ['FIREWORKS_AI_API_KEY', 'FIREWORKS_API_KEY', 'FIREWORKSAI_API_KEY', 'FIREWORKS_AI_TOKEN'],
    paths: at('chat completions embeddings transcriptions translations rerank', {
      images: '/workflows/{model}/text_to_image',
    }),
    // Recordings have a host of their own ("Querying ASR models"); `whisper-v3-turbo` has another one, for an `api_base`.
    elsewhere: {
      transcriptions: { origin: 'https://audio-prod.api.fireworks.ai', path: '/v1/audio/transcriptions' },
      translations: { origin: 'https://audio-prod.api.fireworks.ai', path: '/v1/audio/translations' },
    },
    codecs: { images: 'fireworks', rerank: 'cohere' },
    // Knows `reasoning_content` of earlier turns; other fields are refused there ("Extra inputs are not permitted").
    flags: { effortValues: ['low', 'medium', 'high'], reasoningHistory: 'keep' },
    also: [responsesAt()],
    priceId: 'fireworks',
  }),
  host({
    id: 'cerebras',
    name: 'Cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    flags: { maxTokensField: 'max_completion_tokens', reasoningHistory: 'reasoning' },
    priceId: 'cerebras',
  }),
  host({
    id: 'deepinfra',
    name: 'DeepInfra',
    baseUrl: 'https://api.deepinfra.com/v1/openai',
    paths: at('chat completions embeddings speech transcriptions', {
      images: '/../inference/{model}',
      rerank: '/../inference/{model}',
    }),
    codecs: { images: 'deepinfra', rerank: 'deepinfra' },
    costReport: { at: ['usage.estimated_cost', 'inference_status.cost'] },
    priceId: 'deepinfra',
  }),
  host({
    id: 'sambanova',
    name: 'SambaNova',
    baseUrl: 'https://api.sambanova.ai/v1',
    paths: at('chat embeddings transcriptions'),
    // Text parts are refused by some models there; with an image among them they stay a list.
    flags: { contentAsString: true },
    priceId: 'sambanova',
  }),
  host({
    id: 'nvidia_nim',
    name: 'NVIDIA NIM',
    baseUrl: 'https://integrate.api.nvidia.com/v1',
    keyNames: ['NVIDIA_NIM_API_KEY', 'NVIDIA_API_KEY'],
    paths: at('chat embeddings', { rerank: '/ranking' }),
    elsewhere: { rerank: { origin: 'https://ai.api.nvidia.com', path: '/v1/retrieval/{model}/reranking' } },
    codecs: { embeddings: 'nvidia', rerank: 'nvidia' },
  }),
  host({
    id: 'nebius',
    name: 'Nebius Token Factory',
    baseUrl: 'https://api.tokenfactory.nebius.com/v1',
    paths: at('chat completions embeddings images'),
    priceId: 'nebius',
  }),
  host({
    id: 'novita',
    name: 'Novita',
    baseUrl: 'https://api.novita.ai/openai',
    paths: at('chat embeddings'),
    priceId: 'novita',
  }),
  host({
    id: 'nscale',
    name: 'nscale',
    baseUrl: 'https://inference.api.nscale.com/v1',
    paths: at('chat images'),
    priceId: 'nscale',
  }),
  host({
    id: 'hyperbolic',
    name: 'Hyperbolic',
    baseUrl: 'https://api.hyperbolic.xyz/v1',
    paths: at('chat', { images: '/image/generation' }),
    codecs: { images: 'hyperbolic' },
    priceId: 'hyperbolic',
  }),
  host({
    id: 'baseten',
    name: 'Baseten Model APIs',
    baseUrl: 'https://inference.baseten.co/v1',
    paths: at('chat embeddings'),
    priceId: 'baseten',
  }),
  host({
    id: 'ovhcloud',
    name: 'OVHcloud AI Endpoints',
    baseUrl: 'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
    paths: at('chat embeddings transcriptions'),
    priceId: 'ovhcloud',
  }),
  host({
    id: 'scaleway',
    name: 'Scaleway',
    baseUrl: 'https://api.scaleway.ai/v1',
    keyNames: ['SCW_SECRET_KEY', 'SCALEWAY_API_KEY'],
    paths: at('chat embeddings transcriptions'),
  }),
  host({
    id: 'snowflake',
    name: 'Snowflake Cortex',
    baseUrl: 'https://{account}.snowflakecomputing.com/api/v2/cortex/v1',
    variables: { account: { param: 'snowflake_account', env: ['SNOWFLAKE_ACCOUNT_ID', 'SNOWFLAKE_ACCOUNT'] } },
    keyNames: ['SNOWFLAKE_JWT', 'SNOWFLAKE_PAT'],
    paths: at('chat embeddings'),
    flags: { maxTokensField: 'max_completion_tokens' },
  }),
  host({
    id: 'databricks',
    name: 'Databricks',
    baseUrl: 'https://{host}/serving-endpoints',
    variables: { host: { param: 'databricks_host', env: ['DATABRICKS_HOST'] } },
    keyNames: ['DATABRICKS_API_KEY', 'DATABRICKS_TOKEN'],
    paths: at('chat embeddings'),
    // Answers of Claude are lists of parts there. A format and tools are refused in one request.
    flags: { reasoningResponse: 'content_parts', formatBesideTools: 'words' },
    also: [messagesAt('/anthropic/v1/messages'), responsesAt()],
  }),
  host({
    id: 'watsonx',
    name: 'IBM watsonx',
    baseUrl: 'https://{region}.ml.cloud.ibm.com',
    baseName: 'WATSONX_URL',
    variables: { region: { param: 'watsonx_region_name', env: ['WATSONX_REGION'], otherwise: 'us-south' } },
    keyNames: ['WATSONX_APIKEY', 'WATSONX_API_KEY'],
    auth: { scheme: 'ibm_iam' },
    // The day whose version of the API is spoken: a date is mandatory.
    query: { version: '2024-10-08' },
    paths: { chat: '/ml/v1/text/chat', embeddings: '/ml/v1/text/embeddings', rerank: '/ml/v1/text/rerank' },
    streamPath: '/ml/v1/text/chat_stream',
    codecs: { embeddings: 'watsonx', rerank: 'watsonx' },
    // `project_id` (or `space_id`) is mandatory: the entry says it, and it goes along with every request.
    flags: { streamUsage: false, renameParams: { model: 'model_id' }, refusedParams: ['parallel_tool_calls'] },
    telemetryName: 'ibm.watsonx.ai',
  }),
  host({
    // Its keys for generative AI, which are bearers; signing with keys of its IAM is not served.
    id: 'oci',
    name: 'Oracle OCI GenAI',
    baseUrl: 'https://inference.generativeai.{region}.oci.oraclecloud.com/openai/v1',
    variables: { region: { param: 'oci_region', env: ['OCI_REGION'] } },
    keyNames: ['OCI_GENAI_API_KEY', 'OCI_API_KEY'],
    also: [responsesAt()],
  }),
  host({
    id: 'cloudflare',
    name: 'Cloudflare Workers AI',
    baseUrl: 'https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1',
    variables: { account: { param: 'cloudflare_account_id', env: ['CLOUDFLARE_ACCOUNT_ID'] } },
    keyNames: ['CLOUDFLARE_API_KEY', 'CLOUDFLARE_API_TOKEN'],
    paths: at('chat embeddings', { images: '/../run/{model}' }),
    codecs: { images: 'cloudflare' },
    priceId: 'cloudflare',
  }),
  host({
    id: 'anyscale',
    name: 'Anyscale',
    baseUrl: 'https://api.endpoints.anyscale.com/v1',
    paths: at('chat embeddings'),
  }),
  host({
    id: 'clarifai',
    name: 'Clarifai',
    baseUrl: 'https://api.clarifai.com/v2/ext/openai/v1',
    keyNames: ['CLARIFAI_PAT', 'CLARIFAI_API_KEY'],
    paths: at('chat embeddings'),
  }),
  host({ id: 'publicai', name: 'PublicAI', baseUrl: 'https://api.publicai.co/v1', flags: { contentAsString: true } }),
  host({
    id: 'heroku',
    name: 'Heroku Inference',
    baseUrl: 'https://us.inference.heroku.com/v1',
    keyNames: ['INFERENCE_KEY', 'HEROKU_API_KEY'],
    paths: at('chat embeddings'),
  }),
  host({
    id: 'io_net',
    name: 'io.net Intelligence',
    baseUrl: 'https://api.intelligence.io.solutions/api/v1',
    keyNames: ['IOINTELLIGENCE_API_KEY'],
    paths: at('chat embeddings'),
    also: [responsesAt()],
  }),
  host({
    id: 'siliconflow',
    name: 'SiliconFlow',
    baseUrl: 'https://api.siliconflow.com/v1',
    paths: at('chat embeddings images rerank'),
    codecs: { rerank: 'cohere' },
    flags: { reasoningRequest: 'enable_thinking' },
  }),
  host({
    id: 'predibase',
    name: 'Predibase',
    baseUrl: 'https://serving.app.predibase.com/{tenant}/deployments/v2/llms',
    variables: { tenant: { param: 'predibase_tenant_id', env: ['PREDIBASE_TENANT_ID'] } },
    paths: { chat: '/{model}/v1/chat/completions' },
  }),
  host({
    // Its own API wraps everything; the OpenAI-compatible one beside it does not.
    id: 'bytez',
    name: 'Bytez',
    baseUrl: 'https://api.bytez.com/models/v2/openai/v1',
    auth: { scheme: 'word', word: 'Key' },
  }),
  host({
    id: 'lemonfox',
    name: 'Lemonfox',
    baseUrl: 'https://api.lemonfox.ai/v1',
    paths: at('chat images transcriptions'),
  }),
]
