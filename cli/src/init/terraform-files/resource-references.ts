// How references to a resource are told apart: by its ARN's service, and by what names a function elsewhere.
import { reference } from '../hcl/values.ts';
import type { FileBlock } from './module-files.ts';

/** Whether a block is of this project's own module. */
export function isLiveDebug({ body }: FileBlock): boolean {
  const source = body.attributes.get('source')?.value;
  const text = source?.kind === 'literal' ? String(source.value) : '';
  return /(?:^|[/-])live-debug(?:[/?]|$)/.test(text.slice(0, 500));
}

/** What names a function elsewhere. */
export const functionNames: ReadonlySet<string> = new Set([
  'arn',
  'function_name',
  'id',
  'invoke_arn',
  'qualified_arn',
  'qualified_invoke_arn',
]);

/** The reference to a resource's ARN. */
export function arnOf(address: string, type: string): string {
  return reference(address, 'arn', serviceOf(type));
}

const services: Readonly<Record<string, string>> = {
  aws_sqs_queue: 'sqs',
  aws_kinesis_stream: 'kinesis',
  aws_dynamodb_table: 'dynamodb',
  aws_lambda_function: 'lambda',
};

/** As an ARN has it; empty where nothing asks for it. */
export function serviceOf(type: string): string {
  return Object.hasOwn(services, type) ? (services[type] ?? '') : '';
}
