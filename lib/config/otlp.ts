/** Where telemetry goes, as OpenTelemetry's environment variables say it. */
export const otlpNames = {
  endpoint: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  headers: 'OTEL_EXPORTER_OTLP_HEADERS',
  protocol: 'OTEL_EXPORTER_OTLP_PROTOCOL',
  service: 'OTEL_SERVICE_NAME',
} as const

/** The base that `/v1/traces` is put behind. Throws an error that names the variable where it is no HTTP address. */
export function otlpBase(endpoint: string): string {
  const url = URL.parse(endpoint)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search)
    throw new Error(
      `${otlpNames.endpoint} is ${JSON.stringify(endpoint)}: give the base address of an OTLP/HTTP collector, such as http://127.0.0.1:4318`,
    )
  return url.href.replace(/\/$/, '').replace(/\/v1\/(?:traces|metrics|logs)$/, '')
}

/** Throws where the environment asks for another protocol than the one that is spoken. */
export function checkOtlpProtocol(protocol: string | undefined): void {
  if (protocol === undefined || protocol === '' || protocol.startsWith('http/')) return
  throw new Error(
    `${otlpNames.protocol} is ${JSON.stringify(protocol)}: only OTLP/HTTP is spoken; use http/json, and the collector's port for HTTP (4318)`,
  )
}

/**
 * `name=value,name=value`, values percent-encoded where they need it (OpenTelemetry's protocol exporter, "Specifying headers").
 * Throws an error without the value, which is a secret, where a part has no name or no value.
 */
export function otlpHeaders(text: string | undefined): Record<string, string> {
  const parts = (text ?? '').split(',').filter((part) => part.trim() !== '')
  return Object.fromEntries(
    parts.map((part, index) => {
      const [, name, value] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*?)\s*$/.exec(part) ?? []
      if (name === undefined || value === undefined)
        throw new Error(`${otlpNames.headers}: part ${index + 1} is not name=value; write name=value,name=value`)
      return [name.toLowerCase(), decoded(value)]
    }),
  )
}

/** A lone `%` is taken as it stands: tokens that were not encoded are more common than broken encodings. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
