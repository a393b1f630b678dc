// The port of an endpoint written without one: by a URL's scheme, by an AWS host name, by a variable's name.

/** Default ports of URL schemes, from the services' documentation. */
export const schemePorts: Readonly<Record<string, number>> = {
  postgres: 5432,
  postgresql: 5432,
  redshift: 5439,
  mysql: 3306,
  mariadb: 3306,
  sqlserver: 1433,
  mssql: 1433,
  oracle: 1521,
  redis: 6379,
  rediss: 6379,
  valkey: 6379,
  memcached: 11_211,
  mongodb: 27_017,
  amqp: 5672,
  amqps: 5671,
  kafka: 9092,
  nats: 4222,
  cassandra: 9042,
  clickhouse: 9000,
  neo4j: 7687,
  bolt: 7687,
  ldap: 389,
  ldaps: 636,
  smtp: 25,
  smtps: 465,
  sftp: 22,
  ssh: 22,
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
};

/** Schemes whose public addresses belong to APIs on the internet, not to a VPC. */
export const webSchemes: ReadonlySet<string> = new Set(['http', 'https', 'ws', 'wss']);

/**
 * AWS services in a VPC by their host names, with the ports to test. An RDS host does not show its engine, so both
 * PostgreSQL's and MySQL's ports are tested.
 */
const awsHosts: readonly (readonly [RegExp, readonly number[]])[] = [
  [/\.docdb\./, [27_017]],
  [/\.neptune\./, [8182]],
  [/\.rds\./, [5432, 3306]],
  [/\.redshift(-serverless)?\./, [5439]],
  [/\.memorydb\./, [6379]],
  [/\.cfg\.[^.]+\.cache\./, [11_211]],
  [/\.(serverless|cache)\./, [6379]],
  [/\.kafka(-serverless)?\./, [9098, 9094, 9092]],
  [/\.mq\./, [5671, 61_617]],
  [/\.(es|aos|aoss)\./, [443]],
  [/\.efs\./, [2049]],
];

/** Hosts of all partitions: AWS, GovCloud, China, the European Sovereign Cloud. */
const amazonHost = /\.(amazonaws\.(com(\.cn)?|eu)|on\.(aws|amazonwebservices\.com\.cn))\.?$/i;

/** The ports of an AWS service in a VPC; undefined for every other host. */
export function awsPorts(host: string): readonly number[] | undefined {
  if (!amazonHost.test(host)) return undefined;
  return awsHosts.find(([pattern]) => pattern.test(host.toLowerCase()))?.[1];
}

const wordPorts: readonly (readonly [RegExp, number])[] = [
  [/PG|POSTGRES|AURORA/, 5432],
  [/MYSQL|MARIA/, 3306],
  [/MSSQL|SQLSERVER/, 1433],
  [/REDIS|VALKEY/, 6379],
  [/MEMCACHE/, 11_211],
  [/MONGO|DOCDB/, 27_017],
  [/RABBIT|AMQP/, 5672],
  [/KAFKA/, 9092],
  [/REDSHIFT/, 5439],
  [/OPENSEARCH/, 443],
  [/ELASTIC/, 9200],
];

/** The port that a variable's name (or an engine's) suggests, e.g. 5432 for `POSTGRES_HOST`. */
export function portByWord(word: string): number | undefined {
  const upper = word.toUpperCase();
  return wordPorts.find(([pattern]) => pattern.test(upper))?.[1];
}
