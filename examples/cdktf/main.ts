// An existing function in CDKTF, switched to livectl and back:
//
//   npx tsx main.ts              it runs its own package
//   LIVE=true npx tsx main.ts    it is a stub, and livectl answers
import { join } from 'node:path';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { App, AssetType, Fn, TerraformAsset, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { LiveDebug } from 'livectl/cdktf';
import { functions } from './livectl.json';

interface OrdersProps {
  readonly live: boolean;
  readonly stage: string;
}

class OrdersStack extends TerraformStack {
  constructor(scope: Construct, id: string, { live, stage }: OrdersProps) {
    super(scope, id);
    new AwsProvider(this, 'aws');

    const functionName = `orders-${stage}`;
    const role = new IamRole(this, 'orders_role', {
      name: functionName,
      assumeRolePolicy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
        ],
      }),
    });
    new IamRolePolicyAttachment(this, 'orders_logs', {
      role: role.name,
      policyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
    });

    const liveDebug = new LiveDebug(this, 'live_debug', {
      enabled: live,
      stage,
      // The function stays yours: the module creates the relay and the directory, and gives its role access to them.
      create: false,
      functions: {
        orders: {
          ...functions.orders,
          function_name: functionName,
          role: { name: role.name, arn: role.arn },
        },
      },
    });

    const code = new TerraformAsset(this, 'orders_code', {
      path: join(__dirname, 'src'),
      type: AssetType.ARCHIVE,
    });
    const variables = { CURRENCY: 'EUR' };
    new LambdaFunction(this, 'orders', {
      functionName,
      role: role.arn,
      memorySize: functions.orders.memory_size,
      // What differs while live.
      ...(live
        ? {
            filename: liveDebug.stub.filename,
            sourceCodeHash: liveDebug.stub.source_code_hash,
            handler: liveDebug.stub.handler,
            runtime: liveDebug.stub.runtime,
            timeout: liveDebug.functions.get('orders').timeout,
            environment: { variables: Fn.merge([variables, liveDebug.environment.get('orders')]) },
          }
        : {
            filename: code.path,
            sourceCodeHash: code.assetHash,
            handler: functions.orders.handler,
            runtime: functions.orders.runtime,
            timeout: functions.orders.timeout,
            environment: { variables },
          }),
    });

    new TerraformOutput(this, 'serve', {
      description: 'The command to run. null while not live.',
      value: liveDebug.serveCommand,
    });
  }
}

const app = new App();
new OrdersStack(app, 'orders', {
  live: process.env.LIVE === 'true',
  stage: process.env.STAGE ?? 'dev',
});
app.synth();
