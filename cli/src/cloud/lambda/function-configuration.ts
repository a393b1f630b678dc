// The Lambda API: GetFunctionConfiguration of a deployed function, a stub or a wrapped one.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
import { wrapVariables } from '../../manifest/wrap-settings.ts';
import { accountId, functionArn, region } from '../aws-api/access.ts';
import type { CloudFunction } from '../cloud.ts';
import { namePrefix } from '../triggers/resources.ts';
import { besideName } from './beside-stubs.ts';
import {
  deployedTimeout,
  deployedVariables,
  type StubPlace,
  stubsOwn,
  stubVariables,
} from './stub-environment.ts';

/** As deployed by Terraform; `stubSha256` is the hash of the stub's package in base64. */
export function functionConfiguration(
  deployed: CloudFunction,
  place: StubPlace,
  stubSha256: string,
): Readonly<Record<string, unknown>> {
  const { handler, memorySize, name, runtime, wrap } = deployed;
  const own = deployedVariables(deployed, place);
  const common = {
    FunctionName: name,
    FunctionArn: functionArn(name),
    Role: `arn:aws:iam::${accountId}:role/${namePrefix(place.stage)}`,
    MemorySize: memorySize,
    Timeout: deployedTimeout(deployed),
    Version: '$LATEST',
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
  if (wrap === undefined) {
    const Variables = { ...stubsOwn(own), ...stubVariables(deployed, place) };
    return {
      ...common,
      Handler: 'index.handler',
      Runtime: 'nodejs22.x',
      CodeSha256: stubSha256,
      Environment: { Variables },
    };
  }
  const Variables = {
    ...own,
    ...stubVariables(deployed, place),
    ...wrapVariables(wrap, besideName(deployed, place.stage)),
  };
  const layer = `arn:aws:lambda:${region}:${accountId}:layer:${namePrefix(place.stage)}-wrapper:1`;
  return {
    ...common,
    Handler: handler,
    Runtime: runtime,
    Environment: { Variables },
    Layers: [{ Arn: layer }],
  };
}
