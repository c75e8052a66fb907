import { providers } from '../providers/rows.ts'

/** Which keys of LiteLLM's config are known, and what becomes of them. Data only (LiteLLM survey, section 2). */
export type KeyTable = {
  /** Mapped into the Config. */
  done: readonly string[]
  /** Holds here by itself, or changes nothing that a caller could see: accepted without a word. */
  fine?: readonly string[]
  /** Understood and not done: a warning with these words. */
  noted: Readonly<Record<string, string>>
  /** Cannot work here: an error with these words, and what to do instead. */
  refused?: Readonly<Record<string, string>>
}

const later = 'understood, but not done yet'
const moot = 'has no meaning here: records and spend are kept in DynamoDB'
const redis = 'has no meaning here: nothing needs Redis'

const every = (words: string, names: string): Record<string, string> =>
  Object.fromEntries(names.split(/\s+/).map((name) => [name, words]))

export const topKeys = {
  done: 'model_list litellm_settings router_settings general_settings environment_variables credential_list'.split(' '),
  noted: every(
    later,
    'callback_settings guardrails mcp_servers mcp_tools prompts search_tools vector_store_registry assistant_settings files_settings finetune_settings policies agents',
  ),
  refused: { include: 'copy the included files into this one: it must hold the whole config' },
} satisfies KeyTable

export const entryKeys = {
  done: 'model_name litellm_params model_info tpm rpm'.split(' '),
  noted: {},
} satisfies KeyTable

/** Parts of a provider's base URL (an account, a region), as its row names them. */
const baseVariables = [
  ...new Set(providers.flatMap(({ variables = {} }) => Object.values(variables).map(({ param }) => param))),
].join(' ')

/** `litellm_params`: what is not named here is a default request parameter. */
export const paramKeys = {
  done: `${baseVariables} model custom_llm_provider api_key api_base base_url api_version organization litellm_credential_name
    azure_ad_token vertex_credentials aws_access_key_id aws_secret_access_key aws_session_token
    aws_role_name aws_session_name aws_external_id aws_web_identity_token aws_sts_endpoint aws_profile_name
    aws_bedrock_runtime_endpoint model_id rpm tpm weight order timeout stream_timeout num_retries
    stream_recovery supports_assistant_prefill drop_params additional_drop_params
    extra_headers headers extra_body base_model model_info
    cooldown_time allowed_fails allowed_fails_policy hedge hedge_after
    tags region_name canary silent_model silent_sample_rate`.split(/\s+/),
  fine: ['max_retries', 'use_in_pass_through', 'rust'],
  noted: {
    ...every(
      later,
      `tenant_id client_id client_secret azure_scope azure_username azure_password
      aws_session_tags aws_bedrock_project_id s3_bucket_name gcs_bucket_name
      aws_batch_role_arn itpm otpm max_parallel_requests tag_regex max_budget
      budget_duration default_api_key_tpm_limit default_api_key_rpm_limit allowed_openai_params modify_params
      keepalive_seconds allow_client_keepalive_override configurable_clientside_auth_params use_chat_completions_api
      merge_reasoning_content_in_choices max_file_size_mb provider_affinity_header cache_control_injection_points
      custom_tokenizer`,
    ),
    mock_response: 'is not sent, and nothing is mocked: the provider is called',
  },
} satisfies KeyTable

/** `model_info`: unknown keys are kept and shown. */
export const infoKeys = {
  done: `id mode base_model max_tokens max_input_tokens max_output_tokens supports_assistant_prefill supports_web_search blocked
    cooldown_time allowed_fails allowed_fails_policy`.split(/\s+/),
  noted: every(
    later,
    `access_groups supported_environments enable_tag_filtering
    tier team_id team_public_model_name access_windows custom_tokenizer ptu_count cost_per_ptu_per_hour`,
  ),
} satisfies KeyTable

/** Read in `router_settings` and `litellm_settings` alike; the former wins. */
const routing =
  `num_retries retry_after timeout stream_timeout request_timeout max_fallbacks fallbacks default_fallbacks
  context_window_fallbacks content_policy_fallbacks model_group_alias drop_params
  retry_policy model_group_retry_policy allowed_fails cooldown_time allowed_fails_policy
  enable_tag_filtering tag_filtering_match_any enable_pre_call_checks canary`.split(/\s+/)

export const routerKeys = {
  done: [...routing, 'routing_strategy', 'routing_strategy_args', 'disable_cooldowns', 'default_litellm_params'],
  fine: 'ignore_invalid_deployments debug_level set_verbose'.split(' '),
  noted: {
    ...every(
      later,
      `routing_groups optional_pre_call_checks
      deployment_affinity_ttl_seconds model_group_affinity_config
      tag_routing_prefix enable_weighted_failover default_max_parallel_requests provider_budget_config cache_responses
      caching_groups client_ttl enable_health_check_routing health_check_staleness_threshold
      health_check_ignore_transient_errors search_tools guardrail_list alerting_config assistants_config polling_interval
      default_priority`,
    ),
    ...every(redis, 'redis_host redis_port redis_password redis_db redis_url redis_ssl redis_username cache_kwargs'),
  },
} satisfies KeyTable

export const litellmKeys = {
  done: [
    ...routing,
    ...`max_budget soft_budget budget_duration timezone default_key_generate_params upperbound_key_generate_params
    turn_off_message_logging forward_traceparent_to_llm_provider
    callbacks success_callback failure_callback service_callback service_callbacks audit_log_callbacks`.split(/\s+/),
  ],
  fine: `set_verbose json_logs force_ipv4 telemetry redact_user_api_key_info
    redact_messages_in_exceptions suppress_debug_info include_cost_in_streaming_usage expose_router_debug_in_errors
    local_model_cost_map`.split(/\s+/),
  noted: {
    ...every(
      later,
      `modify_params cache cache_params budget_reset_time max_internal_user_budget internal_user_budget_duration
      max_end_user_budget max_end_user_budget_id validate_end_user_id_in_db tag_budget_config
      default_internal_user_params default_team_params default_team_settings key_generation_settings key_alias_pattern
      enable_key_alias_format_validation overwrite_user_with_key_hash enable_json_schema_validation
      disable_end_user_cost_tracking disable_end_user_cost_tracking_prometheus_only enable_end_user_cost_tracking_prometheus_only
      cost_discount_config cost_margin_config sse_keepalive_ping_interval_seconds route_all_chat_openai_to_responses
      mcp_aliases priority_reservation priority_reservation_settings public_model_groups ssl_verify ssl_certificate
      guardrails turn_on_guardrails_by_default post_call_rules pre_call_rules langfuse_default_tags langsmith_batch_size
      datadog_params callback_settings custom_prometheus_metadata_labels prometheus_metrics_config
      prometheus_initialize_budget_metrics generic_logger_headers s3_callback_params aws_sqs_callback_params
      tag_filtering enable_preview_features add_function_to_prompt default_team_disabled credential_list
      user_url_validation enable_loadbalancing_on_batch_endpoints num_retries_per_request aiohttp_trust_env
      return_response_headers`,
    ),
    openai_key: 'is not read; write api_key in the entry, or set OPENAI_API_KEY',
    enable_caching_on_provider_specific_optional_params: later,
  },
  refused: {
    custom_provider_map: 'Python cannot run here: reach the model through `openai/` and `api_base`',
  },
} satisfies KeyTable

const hook = (instead: string) => `Python cannot run here: ${instead}`

export const generalKeys = {
  done: `master_key litellm_key_header_name alerting alert_to_webhook_url alert_types spend_report_frequency max_request_size_mb
    alerting_thresholds budget_wait budget_clamp_floor default_max_output_tokens orphaned_holds unknown_usage
    track_every_attempt store_responses fetch_media total_timeout stream_idle_timeout connect_timeout stream_recovery
    stream_heartbeat hold_heartbeat_after cors_origins capture_message_content`.split(/\s+/),
  fine: `fail_closed_budget_enforcement enforce_fallback_budget enforce_fallback_model_access use_x_forwarded_for
    background_health_checks health_check_interval health_check_details proxy_batch_write_at disable_error_logs
    include_call_id_in_error_body scheduled_job_stagger infer_model_from_keys disable_retry_on_max_parallel_request_limit_error
    alerting_threshold spend_capture_rate_check`.split(/\s+/),
  noted: {
    ...every(
      moot,
      `database_url database_type database_connection_pool_limit database_connection_timeout database_statement_timeout
      database_lock_timeout store_model_in_db supported_db_objects proxy_config_reload_interval_seconds
      disable_spend_logs disable_spend_updates proxy_budget_rescheduler_min_time proxy_budget_rescheduler_max_time
      disable_reset_budget use_shared_health_check disable_prisma_schema_update database_args`,
    ),
    ...every(redis, 'use_redis_transaction_buffer redis_host redis_port redis_password'),
    ...every(
      later,
      `store_prompts_in_spend_logs maximum_spend_logs_retention_period maximum_spend_logs_retention_interval
      maximum_spend_logs_cleanup_cron apply_user_budget_to_team_keys max_parallel_requests global_max_parallel_requests
      token_rate_limit_type completion_model enforce_user_param reject_clientside_metadata_tags user_header_name
      user_header_mappings enable_jwt_auth litellm_jwtauth enable_oauth2_auth enable_oauth2_proxy_auth allowed_routes public_routes
      admin_only_routes allowed_ips enforced_params max_response_size_mb alert_type_config alerting_args
      pass_through_endpoints forward_client_headers_to_llm_api forward_llm_provider_auth_headers
      allow_client_side_credentials always_include_stream_usage key_management_system key_management_settings
      ui_access_mode scope_spend_list_endpoints_to_caller legacy_unscoped_spend_list_endpoints ui_username ui_password
      control_plane_url default_team_settings disable_adding_master_key_hash_to_db service_account_settings
      image_generation_model role_permissions team_alias role_mappings enable_public_model_hub proxy_base_url
      user_mcp_management_mode mcp_client_ip_logging custom_ui_sso`,
    ),
    user_api_key_cache_ttl: 'has no effect: a block or an edit is in force within five seconds',
    allow_requests_on_db_unavailable:
      'has no effect: without its store, a budget could not be kept, so requests are refused',
    disable_budget_reservation: 'has no effect: a hard budget is always reserved before the call',
  },
  refused: {
    custom_auth: hook('use virtual keys (/key/generate), or a gateway in front that sends one'),
    custom_key_generate: hook('use default_key_generate_params and upperbound_key_generate_params'),
    custom_key_update: hook('use upperbound_key_generate_params'),
    custom_key_policy: hook('use upperbound_key_generate_params'),
    custom_sso: hook('put your single sign-on in front of the management API'),
    custom_ui_sso_sign_in_handler: hook('put your single sign-on in front of the management API'),
  },
} satisfies KeyTable
