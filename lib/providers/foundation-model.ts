/** What stands in front of the names of Bedrock's inference profiles: where the models that they lead to may answer. */
export const geography = /^(?:us|us-gov|eu|apac|ap|au|jp|ca|sa|uk|mx|global)\./

/** The model of Bedrock's that a name leads to: without an ARN, a provider of ours or a geography in front. */
export const foundationModel = (name: string): string => name.slice(name.lastIndexOf('/') + 1).replace(geography, '')
