/** LiteLLM's `config.yaml` as an object. Keys that are not named here are checked all the same, as those of a file are. */
export type ConfigFile = {
  model_list?: readonly ModelEntry[]
  litellm_settings?: Section
  router_settings?: Section
  general_settings?: Section
  environment_variables?: Readonly<Record<string, string>>
  credential_list?: readonly Section[]
}

export type ModelEntry = {
  /** What requests ask for; `*` and `openai/*` stand for every name that fits. */
  model_name: string
  litellm_params: {
    /** `provider/model`. */
    model: string
    /** The key, or `os.environ/NAME`; absent: the provider's own variable. */
    api_key?: string
    api_base?: string
    rpm?: number
    tpm?: number
    weight?: number
    order?: number
    /** Seconds. */
    timeout?: number
    /** US$. */
    input_cost_per_token?: number
    output_cost_per_token?: number
  } & Section
  model_info?: Section
}

type Section = { readonly [key: string]: unknown }
