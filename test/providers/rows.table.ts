/**
 * Where every provider is, from its own documentation, gathered apart from the rows: prefix, URL of a streamed chat, URL of
 * embeddings, how its key travels, and the first variable that holds it. Names in the rows' braces stand for themselves.
 */
export const table = `
openai | https://api.openai.com/v1/chat/completions | https://api.openai.com/v1/embeddings | authorization: Bearer KEY | OPENAI_API_KEY
azure | https://resource.openai.azure.com/openai/deployments/m/chat/completions?api-version=2025-04-01-preview | https://resource.openai.azure.com/openai/deployments/m/embeddings?api-version=2025-04-01-preview | api-key: KEY | AZURE_API_KEY
azure_ai | https://resource.services.ai.azure.com/models/chat/completions | https://resource.services.ai.azure.com/models/embeddings | api-key: KEY | AZURE_AI_API_KEY
anthropic | https://api.anthropic.com/v1/messages | - | x-api-key: KEY | ANTHROPIC_API_KEY
cohere | https://api.cohere.com/v2/chat | https://api.cohere.com/v2/embed | authorization: Bearer KEY | COHERE_API_KEY
mistral | https://api.mistral.ai/v1/chat/completions | https://api.mistral.ai/v1/embeddings | authorization: Bearer KEY | MISTRAL_API_KEY
codestral | https://codestral.mistral.ai/v1/chat/completions | - | authorization: Bearer KEY | CODESTRAL_API_KEY
groq | https://api.groq.com/openai/v1/chat/completions | - | authorization: Bearer KEY | GROQ_API_KEY
deepseek | https://api.deepseek.com/chat/completions | - | authorization: Bearer KEY | DEEPSEEK_API_KEY
xai | https://api.x.ai/v1/chat/completions | https://api.x.ai/v1/embeddings | authorization: Bearer KEY | XAI_API_KEY
perplexity | https://api.perplexity.ai/chat/completions | https://api.perplexity.ai/v1/embeddings | authorization: Bearer KEY | PERPLEXITYAI_API_KEY
perplexity_agent | https://api.perplexity.ai/v1/responses | - | authorization: Bearer KEY | PERPLEXITY_API_KEY
together_ai | https://api.together.xyz/v1/chat/completions | https://api.together.xyz/v1/embeddings | authorization: Bearer KEY | TOGETHERAI_API_KEY
fireworks_ai | https://api.fireworks.ai/inference/v1/chat/completions | https://api.fireworks.ai/inference/v1/embeddings | authorization: Bearer KEY | FIREWORKS_AI_API_KEY
cerebras | https://api.cerebras.ai/v1/chat/completions | - | authorization: Bearer KEY | CEREBRAS_API_KEY
deepinfra | https://api.deepinfra.com/v1/openai/chat/completions | https://api.deepinfra.com/v1/openai/embeddings | authorization: Bearer KEY | DEEPINFRA_API_KEY
sambanova | https://api.sambanova.ai/v1/chat/completions | https://api.sambanova.ai/v1/embeddings | authorization: Bearer KEY | SAMBANOVA_API_KEY
nvidia_nim | https://integrate.api.nvidia.com/v1/chat/completions | https://integrate.api.nvidia.com/v1/embeddings | authorization: Bearer KEY | NVIDIA_NIM_API_KEY
openrouter | https://openrouter.ai/api/v1/chat/completions | https://openrouter.ai/api/v1/embeddings | authorization: Bearer KEY | OPENROUTER_API_KEY
huggingface | https://router.huggingface.co/v1/chat/completions | https://router.huggingface.co/v1/embeddings | authorization: Bearer KEY | HF_TOKEN
moonshot | https://api.moonshot.ai/v1/chat/completions | - | authorization: Bearer KEY | MOONSHOT_API_KEY
moonshot-cn | https://api.moonshot.cn/v1/chat/completions | - | authorization: Bearer KEY | MOONSHOT_API_KEY
kimi_coding | https://api.kimi.com/coding/v1/messages | - | x-api-key: KEY | KIMI_API_KEY
dashscope | https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions | https://dashscope-intl.aliyuncs.com/compatible-mode/v1/embeddings | authorization: Bearer KEY | DASHSCOPE_API_KEY
dashscope-cn | https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions | https://dashscope.aliyuncs.com/compatible-mode/v1/embeddings | authorization: Bearer KEY | DASHSCOPE_API_KEY
zai | https://api.z.ai/api/paas/v4/chat/completions | https://api.z.ai/api/paas/v4/embeddings | authorization: Bearer KEY | ZAI_API_KEY
zhipuai | https://open.bigmodel.cn/api/paas/v4/chat/completions | https://open.bigmodel.cn/api/paas/v4/embeddings | authorization: Bearer KEY | ZHIPU_API_KEY
minimax | https://api.minimax.io/anthropic/v1/messages | - | authorization: Bearer KEY | MINIMAX_API_KEY
volcengine | https://ark.cn-beijing.volces.com/api/v3/chat/completions | https://ark.cn-beijing.volces.com/api/v3/embeddings | authorization: Bearer KEY | VOLCENGINE_API_KEY
ai21_chat | https://api.ai21.com/studio/v1/chat/completions | - | authorization: Bearer KEY | AI21_API_KEY
meta_llama | https://api.llama.com/compat/v1/chat/completions | - | authorization: Bearer KEY | LLAMA_API_KEY
friendliai | https://api.friendli.ai/serverless/v1/chat/completions | - | authorization: Bearer KEY | FRIENDLI_TOKEN
nebius | https://api.tokenfactory.nebius.com/v1/chat/completions | https://api.tokenfactory.nebius.com/v1/embeddings | authorization: Bearer KEY | NEBIUS_API_KEY
novita | https://api.novita.ai/openai/chat/completions | https://api.novita.ai/openai/embeddings | authorization: Bearer KEY | NOVITA_API_KEY
nscale | https://inference.api.nscale.com/v1/chat/completions | - | authorization: Bearer KEY | NSCALE_API_KEY
hyperbolic | https://api.hyperbolic.xyz/v1/chat/completions | - | authorization: Bearer KEY | HYPERBOLIC_API_KEY
lambda_ai | https://api.lambda.ai/v1/chat/completions | - | authorization: Bearer KEY | LAMBDA_API_KEY
featherless_ai | https://api.featherless.ai/v1/chat/completions | - | authorization: Bearer KEY | FEATHERLESS_AI_API_KEY
baseten | https://inference.baseten.co/v1/chat/completions | https://inference.baseten.co/v1/embeddings | authorization: Bearer KEY | BASETEN_API_KEY
v0 | https://api.v0.dev/v1/chat/completions | - | authorization: Bearer KEY | V0_API_KEY
morph | https://api.morphllm.com/v1/chat/completions | https://api.morphllm.com/v1/embeddings | authorization: Bearer KEY | MORPH_API_KEY
vercel_ai_gateway | https://ai-gateway.vercel.sh/v1/chat/completions | https://ai-gateway.vercel.sh/v1/embeddings | authorization: Bearer KEY | AI_GATEWAY_API_KEY
wandb | https://api.inference.wandb.ai/v1/chat/completions | - | authorization: Bearer KEY | WANDB_API_KEY
ovhcloud | https://oai.endpoints.kepler.ai.cloud.ovh.net/v1/chat/completions | https://oai.endpoints.kepler.ai.cloud.ovh.net/v1/embeddings | authorization: Bearer KEY | OVHCLOUD_API_KEY
scaleway | https://api.scaleway.ai/v1/chat/completions | https://api.scaleway.ai/v1/embeddings | authorization: Bearer KEY | SCW_SECRET_KEY
snowflake | https://account.snowflakecomputing.com/api/v2/cortex/v1/chat/completions | https://account.snowflakecomputing.com/api/v2/cortex/v1/embeddings | authorization: Bearer KEY | SNOWFLAKE_JWT
databricks | https://host/serving-endpoints/chat/completions | https://host/serving-endpoints/embeddings | authorization: Bearer KEY | DATABRICKS_API_KEY
watsonx | https://region.ml.cloud.ibm.com/ml/v1/text/chat_stream?version=2024-10-08 | https://region.ml.cloud.ibm.com/ml/v1/text/embeddings?version=2024-10-08 | (ibm_iam KEY) | WATSONX_APIKEY
oci | https://inference.generativeai.region.oci.oraclecloud.com/openai/v1/chat/completions | - | authorization: Bearer KEY | OCI_GENAI_API_KEY
cloudflare | https://api.cloudflare.com/client/v4/accounts/account/ai/v1/chat/completions | https://api.cloudflare.com/client/v4/accounts/account/ai/v1/embeddings | authorization: Bearer KEY | CLOUDFLARE_API_KEY
github_copilot | https://api.githubcopilot.com/chat/completions | https://api.githubcopilot.com/embeddings | authorization: Bearer KEY | GITHUB_COPILOT_TOKEN
github | (retired) | - | - | GITHUB_TOKEN
anyscale | https://api.endpoints.anyscale.com/v1/chat/completions | https://api.endpoints.anyscale.com/v1/embeddings | authorization: Bearer KEY | ANYSCALE_API_KEY
clarifai | https://api.clarifai.com/v2/ext/openai/v1/chat/completions | https://api.clarifai.com/v2/ext/openai/v1/embeddings | authorization: Bearer KEY | CLARIFAI_PAT
helicone | https://ai-gateway.helicone.ai/v1/chat/completions | - | authorization: Bearer KEY | HELICONE_API_KEY
cometapi | https://api.cometapi.com/v1/chat/completions | https://api.cometapi.com/v1/embeddings | authorization: Bearer KEY | COMETAPI_KEY
aiml | https://api.aimlapi.com/v1/chat/completions | - | authorization: Bearer KEY | AIML_API_KEY
aihubmix | https://aihubmix.com/v1/chat/completions | - | authorization: Bearer KEY | AIHUBMIX_API_KEY
poe | https://api.poe.com/v1/chat/completions | - | authorization: Bearer KEY | POE_API_KEY
chutes | https://llm.chutes.ai/v1/chat/completions | - | authorization: Bearer KEY | CHUTES_API_KEY
nano-gpt | https://nano-gpt.com/api/v1/chat/completions | - | authorization: Bearer KEY | NANO_GPT_API_KEY
synthetic | https://api.synthetic.new/openai/v1/chat/completions | - | authorization: Bearer KEY | SYNTHETIC_API_KEY
publicai | https://api.publicai.co/v1/chat/completions | - | authorization: Bearer KEY | PUBLICAI_API_KEY
veniceai | https://api.venice.ai/api/v1/chat/completions | - | authorization: Bearer KEY | VENICE_AI_API_KEY
xiaomi_mimo | https://api.xiaomimimo.com/v1/chat/completions | - | authorization: Bearer KEY | XIAOMI_MIMO_API_KEY
apertis | https://api.stima.tech/v1/chat/completions | - | authorization: Bearer KEY | APERTIS_API_KEY
gmi | https://api.gmi-serving.com/v1/chat/completions | - | authorization: Bearer KEY | GMI_API_KEY
sarvam | https://api.sarvam.ai/v1/chat/completions | - | api-subscription-key: KEY | SARVAM_API_KEY
crusoe | https://api.inference.crusoecloud.com/v1/chat/completions | - | authorization: Bearer KEY | CRUSOE_API_KEY
assemblyai | https://llm-gateway.assemblyai.com/v1/chat/completions | - | authorization: Bearer KEY | ASSEMBLYAI_API_KEY
heroku | https://us.inference.heroku.com/v1/chat/completions | https://us.inference.heroku.com/v1/embeddings | authorization: Bearer KEY | INFERENCE_KEY
inference_net | https://api.inference.net/v1/chat/completions | - | authorization: Bearer KEY | INFERENCE_API_KEY
io_net | https://api.intelligence.io.solutions/api/v1/chat/completions | https://api.intelligence.io.solutions/api/v1/embeddings | authorization: Bearer KEY | IOINTELLIGENCE_API_KEY
siliconflow | https://api.siliconflow.com/v1/chat/completions | https://api.siliconflow.com/v1/embeddings | authorization: Bearer KEY | SILICONFLOW_API_KEY
upstage | https://api.upstage.ai/v1/solar/chat/completions | https://api.upstage.ai/v1/solar/embeddings | authorization: Bearer KEY | UPSTAGE_API_KEY
stepfun | https://api.stepfun.com/v1/chat/completions | - | authorization: Bearer KEY | STEPFUN_API_KEY
inception | https://api.inceptionlabs.ai/v1/chat/completions | - | authorization: Bearer KEY | INCEPTION_API_KEY
digitalocean | https://inference.do-ai.run/v1/chat/completions | - | authorization: Bearer KEY | DIGITALOCEAN_ACCESS_TOKEN
vultr | https://api.vultrinference.com/v1/chat/completions | - | authorization: Bearer KEY | VULTR_API_KEY
requesty | https://router.requesty.ai/v1/chat/completions | - | authorization: Bearer KEY | REQUESTY_API_KEY
zenmux | https://zenmux.ai/api/v1/chat/completions | - | authorization: Bearer KEY | ZENMUX_API_KEY
kilo | https://api.kilo.ai/api/gateway/chat/completions | - | authorization: Bearer KEY | KILO_API_KEY
opencode | https://opencode.ai/zen/v1/chat/completions | - | authorization: Bearer KEY | OPENCODE_API_KEY
amazon_nova | https://api.nova.amazon.com/v1/chat/completions | - | authorization: Bearer KEY | NOVA_API_KEY
jina_ai | - | https://api.jina.ai/v1/embeddings | authorization: Bearer KEY | JINA_AI_API_KEY
voyage | - | https://api.voyageai.com/v1/embeddings | authorization: Bearer KEY | VOYAGE_API_KEY
nomic | - | https://api-atlas.nomic.ai/v1/embedding/text | authorization: Bearer KEY | NOMIC_API_KEY
stability | - | - | authorization: Bearer KEY | STABILITY_API_KEY
replicate | - | - | authorization: Bearer KEY | REPLICATE_API_KEY
deepgram | - | - | authorization: Token KEY | DEEPGRAM_API_KEY
elevenlabs | - | - | xi-api-key: KEY | ELEVENLABS_API_KEY
fal_ai | - | - | authorization: Key KEY | FAL_AI_API_KEY
recraft | - | - | authorization: Bearer KEY | RECRAFT_API_KEY
black_forest_labs | - | - | x-key: KEY | BFL_API_KEY
reka | https://api.reka.ai/v1/chat/completions | - | x-api-key: KEY | REKA_API_KEY
predibase | https://serving.app.predibase.com/tenant/deployments/v2/llms/m/v1/chat/completions | - | authorization: Bearer KEY | PREDIBASE_API_KEY
bytez | https://api.bytez.com/models/v2/openai/v1/chat/completions | - | authorization: Key KEY | BYTEZ_API_KEY
galadriel | https://api.galadriel.com/v1/chat/completions | - | authorization: Bearer KEY | GALADRIEL_API_KEY
empower | https://app.empower.dev/api/v1/chat/completions | - | authorization: Bearer KEY | EMPOWER_API_KEY
modelscope | https://api-inference.modelscope.cn/v1/chat/completions | - | authorization: Bearer KEY | MODELSCOPE_API_KEY
qiniu | https://api.qnaigc.com/v1/chat/completions | - | authorization: Bearer KEY | QINIU_API_KEY
302ai | https://api.302.ai/v1/chat/completions | - | authorization: Bearer KEY | 302AI_API_KEY
llmgateway | https://api.llmgateway.io/v1/chat/completions | - | authorization: Bearer KEY | LLMGATEWAY_API_KEY
fastrouter | https://go.fastrouter.ai/api/v1/chat/completions | - | authorization: Bearer KEY | FASTROUTER_API_KEY
cortecs | https://api.cortecs.ai/v1/chat/completions | - | authorization: Bearer KEY | CORTECS_API_KEY
stackit | https://api.openai-compat.model-serving.eu01.onstackit.cloud/v1/chat/completions | - | authorization: Bearer KEY | STACKIT_API_KEY
tinfoil | https://inference.tinfoil.sh/v1/chat/completions | - | authorization: Bearer KEY | TINFOIL_API_KEY
nearai | https://cloud-api.near.ai/v1/chat/completions | - | authorization: Bearer KEY | NEARAI_API_KEY
poolside | https://inference.poolside.ai/v1/chat/completions | - | authorization: Bearer KEY | POOLSIDE_API_KEY
lemonfox | https://api.lemonfox.ai/v1/chat/completions | - | authorization: Bearer KEY | LEMONFOX_API_KEY
ollama_openai | http://localhost:11434/v1/chat/completions | http://localhost:11434/v1/embeddings | authorization: Bearer KEY | OLLAMA_API_KEY
lm_studio | http://127.0.0.1:1234/v1/chat/completions | http://127.0.0.1:1234/v1/embeddings | authorization: Bearer KEY | LM_STUDIO_API_KEY
hosted_vllm | http://host:8000/v1/chat/completions | http://host:8000/v1/embeddings | authorization: Bearer KEY | HOSTED_VLLM_API_KEY
llamafile | http://127.0.0.1:8080/v1/chat/completions | http://127.0.0.1:8080/v1/embeddings | authorization: Bearer KEY | LLAMAFILE_API_KEY
litellm_proxy | http://proxy:4000/chat/completions | http://proxy:4000/embeddings | authorization: Bearer KEY | LITELLM_PROXY_API_KEY
`
