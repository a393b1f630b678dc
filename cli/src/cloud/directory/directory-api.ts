// The directory: DynamoDB's JSON 1.0 protocol over HTTP, with SigV4 and IAM in front of every call.
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../../protocol/clock.ts';
import { type Principal, refusalOf, tableArn } from '../access.ts';
import { directoryLimits } from '../aws-limits.ts';
import { type Answer, readBody } from '../loopback-server.ts';
import type { SigV4Verifier } from '../sigv4-verify.ts';
import { DirectoryError, invalid, unsupported } from './directory-error.ts';
import { partitionName, sortName } from './item-key.ts';
import { prepareDelete, prepareGet, preparePut, prepareUpdate } from './item-operations.ts';
import type { Operation } from './prepared.ts';
import { prepareBatchGet, prepareQuery } from './read-operations.ts';
import { describeTableRequest, parseRequest } from './requests.ts';
import { Table } from './table.ts';

const operations: ReadonlyMap<string, Operation> = new Map([
  ['GetItem', prepareGet],
  ['PutItem', preparePut],
  ['UpdateItem', prepareUpdate],
  ['DeleteItem', prepareDelete],
  ['Query', prepareQuery],
  ['BatchGetItem', prepareBatchGet],
]);
const targetForm = /^DynamoDB_20120810\.([A-Za-z]+)$/;

/** One table, as the module makes it: key `stage` and `item`, on demand, time to live on `expiresAt`. */
export class Directory {
  readonly #tableName: string;
  readonly #verifier: SigV4Verifier;
  readonly #table: Table;
  readonly #tableId = randomUUID();
  readonly #createdAt: number;

  constructor(tableName: string, verifier: SigV4Verifier, clock: Clock) {
    this.#tableName = tableName;
    this.#verifier = verifier;
    this.#table = new Table(clock);
    this.#createdAt = clock.now() / 1000;
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const body = await readBody(request, directoryLimits.requestBytes);
    const headers = {
      'Content-Type': 'application/x-amz-json-1.0',
      'x-amzn-RequestId': randomBytes(26).toString('hex').toUpperCase(),
    };
    if (!body) return { status: 413, headers, body: '' };
    try {
      return { status: 200, headers, body: JSON.stringify(this.#execute(request, body)) };
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error;
      return { status: 400, headers, body: JSON.stringify(error) };
    }
  }

  close(): void {
    this.#table.close();
  }

  #execute(request: IncomingMessage, body: Buffer): unknown {
    const { method = '', url = '', headers } = request;
    const [, operation] = targetForm.exec(String(headers['x-amz-target'])) ?? [];
    if (method !== 'POST' || operation === undefined) throw unknownOperation();
    const verified = this.#verifier.verify({ method, url, headers }, 'dynamodb', body);
    if (!verified.ok) throw new DirectoryError(verified.failure, verified.message);
    const raw = parseBody(body);
    const tableName = tableNameOf(raw);
    const allow = (partitions: readonly string[]) =>
      checkAllowed(verified.principal, `dynamodb:${operation}`, tableName, partitions);
    allow([]);
    if (operation === 'DescribeTable') {
      parseRequest(operation, describeTableRequest, raw);
      this.#checkTable(tableName, `: Table: ${tableName} not found`);
      return { Table: this.#description() };
    }
    const prepare = operations.get(operation);
    if (!prepare) throw unsupported(`the operation ${operation}`);
    const prepared = prepare(raw, tableName);
    allow(prepared.partitions);
    this.#checkTable(tableName);
    return prepared.run(this.#table);
  }

  #checkTable(name: string, more = ''): void {
    if (name === this.#tableName) return;
    throw new DirectoryError('ResourceNotFoundException', `Requested resource not found${more}`);
  }

  #description() {
    return {
      AttributeDefinitions: [partitionName, sortName].map((name) => ({
        AttributeName: name,
        AttributeType: 'S',
      })),
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      CreationDateTime: this.#createdAt,
      ItemCount: this.#table.size,
      KeySchema: [
        { AttributeName: partitionName, KeyType: 'HASH' },
        { AttributeName: sortName, KeyType: 'RANGE' },
      ],
      ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
      TableArn: tableArn(this.#tableName),
      TableId: this.#tableId,
      TableName: this.#tableName,
      TableStatus: 'ACTIVE',
    };
  }
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new DirectoryError('SerializationException', 'The request is not JSON');
  }
}

/** The table that IAM is asked about; a batch must stay within one. */
function tableNameOf(raw: unknown): string {
  if (typeof raw !== 'object' || raw === null) {
    throw new DirectoryError('SerializationException', 'Start of structure or map expected');
  }
  if ('TableName' in raw && typeof raw.TableName === 'string') return raw.TableName;
  if ('RequestItems' in raw && typeof raw.RequestItems === 'object' && raw.RequestItems !== null) {
    const [name, ...others] = Object.keys(raw.RequestItems);
    if (others.length > 0) throw unsupported('more than one table in a request');
    if (name !== undefined) return name;
  }
  throw invalid("The parameter 'TableName' is required but was not present in the request");
}

function checkAllowed(
  principal: Principal,
  action: string,
  tableName: string,
  partitions: readonly string[],
): void {
  const refusal = refusalOf(principal, action, tableArn(tableName), partitions);
  if (refusal) throw new DirectoryError('AccessDeniedException', refusal);
}

function unknownOperation(): DirectoryError {
  return new DirectoryError('UnknownOperationException', 'The operation is not one of DynamoDB_20120810');
}
