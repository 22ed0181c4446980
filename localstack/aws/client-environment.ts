/**
 * The environment in which AWS clients, the CDK and Lambda functions talk to an emulator, and cannot talk to AWS.
 *
 * A profile or a session token of the user's would go before these keys or along with them: both are blanked.
 */
export const toClientEnvironment = (endpoint: string, region: string) => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ENDPOINT_URL_S3: endpoint, // the CDK reads S3's own
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_SESSION_TOKEN: '',
  AWS_PROFILE: '',
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_EC2_METADATA_DISABLED: 'true', // nobody answers there, and clients wait for it
})
