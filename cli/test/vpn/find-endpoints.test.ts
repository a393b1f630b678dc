// Which endpoints an environment names, and that nothing else of it is shown.
import { describe, expect, it } from 'vitest';
import { findEndpoints } from '../../src/vpn/find-endpoints.ts';

/** `VARIABLE host:port|port` of each. */
function found(environment: Record<string, string>): string[] {
  return findEndpoints(environment).endpoints.map(
    ({ variable, host, ports, srv }) => `${variable} ${host}:${ports.join('|')}${srv ? ' srv' : ''}`,
  );
}

describe('a URL', () => {
  it.each([
    ['postgres://app:s3cret@db.internal/orders?sslmode=require', ['db.internal:5432']],
    ['postgresql+asyncpg://app:p%40ss@db.internal:6543/orders', ['db.internal:6543']],
    ['mysql://10.0.1.5/orders', ['10.0.1.5:3306']],
    ['mysql+pymysql://u:p@10.0.1.5:3307/orders', ['10.0.1.5:3307']],
    ['redis://:s3cret@cache.internal:6380/0', ['cache.internal:6380']],
    [
      'rediss://master.orders.abc.euw1.cache.amazonaws.com',
      ['master.orders.abc.euw1.cache.amazonaws.com:6379'],
    ],
    ['amqp://guest:guest@mq.internal', ['mq.internal:5672']],
    ['amqps://b-1.mq.eu-west-1.amazonaws.com', ['b-1.mq.eu-west-1.amazonaws.com:5671']],
    ['mongodb://u:p@a.internal:27018,b.internal/db?replicaSet=rs0', ['a.internal:27018', 'b.internal:27017']],
    ['mongodb+srv://u:p@cluster.internal/db', ['cluster.internal:27017 srv']],
    ['jdbc:postgresql://db.internal:5433/orders?user=u&password=p', ['db.internal:5433']],
    ['jdbc:mysql:aws://db.internal/orders', ['db.internal:3306']],
    ['jdbc:sqlserver://db.internal;databaseName=orders;user=u;password=p', ['db.internal:1433']],
    ['jdbc:oracle:thin:u/p@db.internal:1522:orders', ['db.internal:1522']],
    ['jdbc:oracle:thin:@//db.internal/orders', ['db.internal:1521']],
    ['http://search.internal:9200', ['search.internal:9200']],
    ['https://vpc-orders-abc.eu-west-1.es.amazonaws.com', ['vpc-orders-abc.eu-west-1.es.amazonaws.com:443']],
    ['postgres://app:s3cret@[fd00::5]:5433/orders', ['fd00::5:5433']],
    ['nats://a.internal:4222,nats://b.internal:4223', ['a.internal:4222', 'b.internal:4223']],
    ['http://a.internal:9200,http://b.internal', ['a.internal:9200', 'b.internal:80']],
    ['jdbc:sqlserver://db.internal\\SQL1:1444;user=u;password=p@w', ['db.internal:1444']],
    ['app:s3c@ret@tcp(db.internal:3307)/orders?parseTime=true', ['db.internal:3307']],
    ['app:s3cret@tcp(db.internal)/orders', ['db.internal:3306']],
    ['cache.internal:6380,password=a,b.internal=,ssl=True', ['cache.internal:6380']],
    [
      'postgres://orders.proxy-abc.eu-west-1.rds.amazonaws.com/x',
      ['orders.proxy-abc.eu-west-1.rds.amazonaws.com:5432'],
    ],
  ])('%s', (value, places) => {
    expect(found({ THE_URL: value })).toEqual(places.map((each) => `THE_URL ${each}`));
  });

  it.each([
    'postgres://app:p/w@db.internal/orders',
    'postgres://app:p?w@db.internal/orders',
    'redis://:p#w@cache.internal',
    'jdbc:oracle:thin:u/p@w@db.internal:1521:orders',
    'amqp://u:p@a.internal,amqp://u:p@b.internal',
  ])('whose password cannot be told from its host is not read: %s', (value) => {
    const { endpoints, unreadable } = findEndpoints({ DB_URL: value });
    expect(endpoints).toEqual([]);
    expect(unreadable).toEqual([{ variable: 'DB_URL', reason: expect.stringContaining('percent-encode') }]);
  });
});

describe('a host', () => {
  it.each<[Record<string, string>, string[]]>([
    [{ DB: 'db.internal:5432' }, ['DB db.internal:5432']],
    [
      { DB: 'orders.abc.rds.cn-north-1.amazonaws.com.cn', DB_PORT: '5433' },
      ['DB orders.abc.rds.cn-north-1.amazonaws.com.cn:5433'],
    ],
    [
      { CACHE: 'clustercfg.orders.abc.usgw1.cache.amazonaws.com' },
      ['CACHE clustercfg.orders.abc.usgw1.cache.amazonaws.com:6379'],
    ],
    [
      {
        BROKERS:
          'b-1.orders.abc.c2.kafka.eu-west-1.amazonaws.com:9098,b-2.orders.abc.c2.kafka.eu-west-1.amazonaws.com',
      },
      [
        'BROKERS b-1.orders.abc.c2.kafka.eu-west-1.amazonaws.com:9098',
        'BROKERS b-2.orders.abc.c2.kafka.eu-west-1.amazonaws.com:9098|9094|9092',
      ],
    ],
    [{ HOSTS: 'fd00::5, [fd00::6]:5433' }, ['HOSTS fd00::5:', 'HOSTS fd00::6:5433']],
    [
      { DSN: "host=a.internal,b.internal port=1,2 password='x host=c.internal'" },
      ['DSN a.internal:1', 'DSN b.internal:2'],
    ],
    [{ DSN: 'Host=db.internal;Username=app;Password="a;Host=c.internal"' }, ['DSN db.internal:5432']],
    [
      { DB_SECRET: '{"host":"db.internal","port":5432,"password":"c.internal:1"}' },
      ['DB_SECRET.host db.internal:5432'],
    ],
    [{ DB_SECRET: 'postgres://u:p@db.internal/x' }, ['DB_SECRET db.internal:5432']],
    [{ CACHE: '10.0.3.4:6379' }, ['CACHE 10.0.3.4:6379']],
    [
      { BROKERS: 'b-1.internal:9092, b-2.internal:9092' },
      ['BROKERS b-1.internal:9092', 'BROKERS b-2.internal:9092'],
    ],
    [{ DB_HOST: 'db.example.com', DB_PORT: '6543' }, ['DB_HOST db.example.com:6543']],
    [{ PGHOST: '10.0.1.5', PGPORT: '5433' }, ['PGHOST 10.0.1.5:5433']],
    [{ DB_READER_HOST: '10.0.1.6', DB_PORT: '5433' }, ['DB_READER_HOST 10.0.1.6:5433']],
    [{ DB_HOST: '10.0.1.5', DB_ENGINE: 'mysql' }, ['DB_HOST 10.0.1.5:3306']],
    [{ POSTGRES_HOST: '10.0.1.5' }, ['POSTGRES_HOST 10.0.1.5:5432']],
    [{ SOMETHING: '10.0.1.5' }, ['SOMETHING 10.0.1.5:']],
    [
      { DB: 'orders.abc.eu-west-1.rds.amazonaws.com' },
      ['DB orders.abc.eu-west-1.rds.amazonaws.com:5432|3306'],
    ],
    [
      { DB: 'orders.cluster-abc.eu-west-1.docdb.amazonaws.com' },
      ['DB orders.cluster-abc.eu-west-1.docdb.amazonaws.com:27017'],
    ],
    [
      { CACHE: 'orders.abc.cfg.euw1.cache.amazonaws.com' },
      ['CACHE orders.abc.cfg.euw1.cache.amazonaws.com:11211'],
    ],
    [{ DSN: 'host=db.internal port=6543 user=app password=s3cret' }, ['DSN db.internal:6543']],
    [{ DSN: 'Server=tcp:db.internal,1434;User Id=app;Password=s3cret' }, ['DSN db.internal:1434']],
    [{ CONFIG: '{"db":{"host":"10.0.1.5","port":5433,"password":"x"}}' }, ['CONFIG.db.host 10.0.1.5:5433']],
    [{ REDIS_ADDR: 'redis:6379' }, ['REDIS_ADDR redis:6379']],
  ])('%j', (environment, places) => {
    expect(found(environment)).toEqual(places);
  });

  it.each([
    { VERSION: '1.2.3.4' },
    { VERSION: '10.2' },
    { CIDR: '10.0.0.0/16' },
    { TIME: '10:30' },
    { QUEUE_ARN: 'arn:aws:sqs:eu-west-1:123456789012:orders' },
    { MODE: 'debug:1' },
    { NAME: 'orders' },
    { MAIL: 'ada@db.internal' },
    { DB_PASSWORD: 'c.internal:5432' },
    { API_KEY: 'fd00::5' },
    { DB_USER: 'orders.internal' },
    { PAGE: 'https://cdn.example.com/npm/left-pad@1.3.0' },
    { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001' },
    { PATH: '/bin' },
    { EMPTY: '' },
    { TEXT: 'see db.internal for more' },
  ])('is not %j', (environment) => {
    expect(findEndpoints(environment)).toEqual({ endpoints: [], unreadable: [] });
  });
});

it('shows nothing of a value but host and port', () => {
  const secret = 's3cr3t';
  const environment = {
    A: `postgres://${secret}:${secret}@db.internal/${secret}?password=${secret}`,
    B: `jdbc:sqlserver://db.internal;user=${secret};password=${secret}`,
    C: `host=db.internal user=${secret} password=${secret}`,
    D: `{"host":"db.internal","port":1,"password":"${secret}"}`,
    E: `redis://:${secret}/@${secret}@cache.internal`,
    F: `mongodb://${secret}:${secret}@a.internal,b.internal/${secret}`,
  };
  const told = JSON.stringify(findEndpoints(environment));
  expect(told).toContain('b.internal');
  expect(told).not.toContain(secret);
});
