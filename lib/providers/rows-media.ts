import { host } from './host.ts'
import type { Provider } from './provider.ts'

// Who serves no chat: embeddings, reranking, pictures, voices.

export const media: readonly Provider[] = [
  host({
    id: 'jina_ai',
    name: 'Jina',
    baseUrl: 'https://api.jina.ai/v1',
    keyNames: ['JINA_AI_API_KEY', 'JINA_API_KEY'],
    paths: { embeddings: '/embeddings', rerank: '/rerank' },
    codecs: { embeddings: 'jina', rerank: 'jina' },
    priceId: 'jina',
  }),
  host({
    id: 'voyage',
    name: 'Voyage',
    baseUrl: 'https://api.voyageai.com/v1',
    keyNames: ['VOYAGE_API_KEY', 'VOYAGE_AI_API_KEY'],
    paths: { embeddings: '/embeddings', rerank: '/rerank' },
    codecs: { embeddings: 'voyage', rerank: 'voyage' },
    priceId: 'voyageai',
  }),
  host({
    id: 'nomic',
    name: 'Nomic',
    baseUrl: 'https://api-atlas.nomic.ai/v1',
    paths: { embeddings: '/embedding/text' },
    codecs: { embeddings: 'nomic' },
  }),
  host({
    id: 'stability',
    name: 'Stability',
    baseUrl: 'https://api.stability.ai',
    paths: {
      images: '/v2beta/stable-image/generate/{engine}',
      imageEdits: '/v2beta/stable-image/{kind}/{engine}',
    },
    codecs: { images: 'stability', imageEdits: 'stability' },
    priceId: 'stability',
  }),
  host({
    id: 'replicate',
    name: 'Replicate',
    baseUrl: 'https://api.replicate.com/v1',
    keyNames: ['REPLICATE_API_KEY', 'REPLICATE_API_TOKEN'],
    // With this header it answers with the result, where that comes within a minute, instead of a place to ask for it.
    headers: { prefer: 'wait' },
    paths: { images: '/predictions' },
    codecs: { images: 'replicate' },
  }),
  host({
    id: 'deepgram',
    name: 'Deepgram',
    baseUrl: 'https://api.deepgram.com/v1',
    auth: { scheme: 'word', word: 'Token' },
    paths: { speech: '/speak', transcriptions: '/listen' },
    codecs: { speech: 'deepgram', transcriptions: 'deepgram' },
    priceId: 'deepgram',
  }),
  host({
    id: 'elevenlabs',
    name: 'ElevenLabs',
    baseUrl: 'https://api.elevenlabs.io/v1',
    auth: { scheme: 'header', name: 'xi-api-key' },
    paths: { speech: '/text-to-speech/{voice}', transcriptions: '/speech-to-text' },
    codecs: { speech: 'elevenlabs', transcriptions: 'elevenlabs' },
    priceId: 'elevenlabs',
  }),
  host({
    id: 'fal_ai',
    name: 'fal',
    baseUrl: 'https://fal.run',
    keyNames: ['FAL_AI_API_KEY', 'FAL_KEY'],
    auth: { scheme: 'word', word: 'Key' },
    paths: { images: '/{model}', speech: '/{model}', transcriptions: '/{model}' },
    codecs: { images: 'fal', speech: 'fal', transcriptions: 'fal' },
    priceId: 'fal',
  }),
  host({
    id: 'recraft',
    name: 'Recraft',
    baseUrl: 'https://external.api.recraft.ai/v1',
    keyNames: ['RECRAFT_API_KEY', 'RECRAFT_API_TOKEN'],
    paths: { images: '/images/generations', imageEdits: '/images/imageToImage' },
    priceId: 'recraft',
  }),
  host({
    id: 'black_forest_labs',
    name: 'Black Forest Labs',
    baseUrl: 'https://api.bfl.ai/v1',
    keyNames: ['BFL_API_KEY'],
    auth: { scheme: 'header', name: 'x-key' },
    paths: { images: '/{model}', imageEdits: '/{model}' },
    codecs: { images: 'bfl', imageEdits: 'bfl' },
    priceId: 'black_forest_labs',
  }),
]
