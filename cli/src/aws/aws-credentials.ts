// What the AWS SDK knows of profiles, SSO, roles and Regions. The build bundles it apart and compresses it, since no other
// command than those that ask AWS pays for reading it; load-aws-credentials.ts unpacks it.
export { defaultProvider } from '@aws-sdk/credential-provider-node';
export { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } from '@smithy/core/config';
export { NodeHttpHandler } from '@smithy/node-http-handler';
