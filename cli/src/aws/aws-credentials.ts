// What the AWS SDK knows of profiles, SSO, roles and Regions. The build bundles it separately and compresses it, so that only
// commands that call AWS pay for loading it; load-aws-credentials.ts unpacks it.
export { defaultProvider } from '@aws-sdk/credential-provider-node';
export {
  loadConfig,
  loadSharedConfigFiles,
  NODE_REGION_CONFIG_FILE_OPTIONS,
  NODE_REGION_CONFIG_OPTIONS,
} from '@smithy/core/config';
export { NodeHttpHandler } from '@smithy/node-http-handler';
