/** What hosts call the id under which their support finds a request; behind a proxy, the proxy's comes last. */
const names = ['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid', 'x-ms-request-id', 'cf-ray']

/** The id that a reply of a provider bears, by its headers (lower-case names). */
export function requestIdOf(headers: Record<string, string>): string | undefined {
  const name = names.find((one) => headers[one])
  return name === undefined ? undefined : headers[name]?.slice(0, 200)
}
