// DynamoDB: its JSON 1.0 protocol over HTTP, with SigV4 and IAM in front of every call.
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../../protocol/clock.ts';
import { parseJson } from '../../../../protocol/json.ts';
import { type Principal, type RequestContext, refusalOf, tableArn } from '../aws-api/access.ts';
import { CloudFullError } from '../aws-api/aws-error.ts';
import { dynamoDbLimits } from '../aws-api/aws-limits.ts';
import { type Answer, readBody } from '../aws-api/loopback-server.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import { parseAttributes } from './attribute-value.ts';
import { DynamoDbError, invalid, unsupported } from './dynamodb-error.ts';
import { type KeySchema, keyNames, keyOf } from './item-key.ts';
import { prepareDelete, prepareGet, preparePut, prepareUpdate } from './item-operations.ts';
import type { Operation } from './prepared.ts';
import { prepareBatchGet, prepareQuery } from './read-operations.ts';
import { describeTableRequest, parseRequest } from './requests.ts';
import { Table, type TableOptions } from './table.ts';

const operations: ReadonlyMap<string, Operation> = new Map([
  ['GetItem', prepareGet],
  ['PutItem', preparePut],
  ['UpdateItem', prepareUpdate],
  ['DeleteItem', prepareDelete],
  ['Query', prepareQuery],
  ['BatchGetItem', prepareBatchGet],
]);
const targetForm = /^DynamoDB_20120810\.([A-Za-z]+)$/;

/** An on-demand table, as the module creates it. */
interface Deployed {
  readonly name: string;
  readonly key: KeySchema;
  readonly table: Table;
  readonly id: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  /** ARN and view type of its stream. */
  readonly stream: TableStream | undefined;
}

/** A table's stream, as in its description. */
interface TableStream {
  readonly arn: string;
  readonly viewType: string;
}

/** The directory's table, key `stage` and `item`, time to live on `expiresAt`; and the tables of triggers. */
export class TableApi {
  readonly #ownTable: string;
  readonly #verifier: SigV4Verifier;
  readonly #clock: Clock;
  readonly #tables = new Map<string, Deployed>();

  constructor(tableName: string, verifier: SigV4Verifier, clock: Clock) {
    this.#ownTable = tableName;
    this.#verifier = verifier;
    this.#clock = clock;
    this.addTable(tableName, { partition: 'stage', sort: 'item' }, { ttlName: 'expiresAt' });
  }

  /** Creates a further table. */
  addTable(name: string, key: KeySchema, options: TableOptions, stream?: TableStream): Pick<Table, 'items'> {
    const table = new Table(this.#clock, options);
    const createdAt = this.#clock.now() / 1000;
    this.#tables.set(name, { name, key, table, id: randomUUID(), createdAt, stream });
    return table;
  }

  /** Writes an item of the directory's own table, as Terraform does before anything reads it. */
  deploy(item: Readonly<Record<string, { readonly S: string }>>): void {
    const { key, table } = this.#find(this.#ownTable);
    const parsed = parseAttributes(item);
    table.put(keyOf(parsed, key), parsed);
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const body = await readBody(request, dynamoDbLimits.requestBytes);
    const headers = {
      'Content-Type': 'application/x-amz-json-1.0',
      'x-amzn-RequestId': randomBytes(26).toString('hex').toUpperCase(),
    };
    if (!body) return { status: 413, headers, body: '' };
    try {
      return { status: 200, headers, body: JSON.stringify(this.#execute(request, body)) };
    } catch (error) {
      if (error instanceof CloudFullError) {
        const full = new DynamoDbError('ProvisionedThroughputExceededException', error.message);
        return { status: 400, headers, body: JSON.stringify(full) };
      }
      if (!(error instanceof DynamoDbError)) throw error;
      return { status: 400, headers, body: JSON.stringify(error) };
    }
  }

  close(): void {
    for (const { table } of this.#tables.values()) table.close();
  }

  #execute(request: IncomingMessage, body: Buffer): unknown {
    const { method = '', url = '', headers } = request;
    const [, operation] = targetForm.exec(String(headers['x-amz-target'])) ?? [];
    if (method !== 'POST' || operation === undefined) throw unknownOperation();
    const verified = this.#verifier.verify({ method, url, headers }, 'dynamodb', body);
    if (!verified.ok) throw new DynamoDbError(verified.failure, verified.message);
    const raw = parseBody(body);
    const tableName = tableNameOf(raw);
    const allow = (context?: RequestContext) =>
      checkAllowed(verified.principal, `dynamodb:${operation}`, tableName, context);
    allow();
    if (operation === 'DescribeTable') {
      parseRequest(operation, describeTableRequest, raw);
      return { Table: describe(this.#find(tableName, `: Table: ${tableName} not found`)) };
    }
    const prepare = operations.get(operation);
    if (!prepare) throw unsupported(`the operation ${operation}`);
    const { key, table } = this.#find(tableName);
    const prepared = prepare(raw, tableName, key);
    allow(prepared);
    return prepared.run(table);
  }

  #find(name: string, more = ''): Deployed {
    const found = this.#tables.get(name);
    if (found) return found;
    throw new DynamoDbError('ResourceNotFoundException', `Requested resource not found${more}`);
  }
}

function describe({ name, key, table, id, createdAt, stream }: Deployed) {
  return {
    AttributeDefinitions: keyNames(key).map((each) => ({ AttributeName: each, AttributeType: 'S' })),
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    CreationDateTime: createdAt,
    ItemCount: table.size,
    KeySchema: keyNames(key).map((each, index) => ({
      AttributeName: each,
      KeyType: index === 0 ? 'HASH' : 'RANGE',
    })),
    ...(stream && {
      LatestStreamArn: stream.arn,
      LatestStreamLabel: stream.arn.split('/').at(-1),
      StreamSpecification: { StreamEnabled: true, StreamViewType: stream.viewType },
    }),
    ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
    TableArn: tableArn(name),
    TableId: id,
    TableName: name,
    TableStatus: 'ACTIVE',
  };
}

function parseBody(body: Buffer): unknown {
  const input = parseJson(body);
  if (input === undefined) throw new DynamoDbError('SerializationException', 'The request is not JSON');
  return input;
}

/** The table that IAM checks; a batch must stay within one. */
function tableNameOf(raw: unknown): string {
  if (typeof raw !== 'object' || raw === null) {
    throw new DynamoDbError('SerializationException', 'Start of structure or map expected');
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
  context: RequestContext | undefined,
): void {
  const refusal = refusalOf(principal, action, tableArn(tableName), context);
  if (refusal) throw new DynamoDbError('AccessDeniedException', refusal);
}

function unknownOperation(): DynamoDbError {
  return new DynamoDbError('UnknownOperationException', 'The operation is not one of DynamoDB_20120810');
}
