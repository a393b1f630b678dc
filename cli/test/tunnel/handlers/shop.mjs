// Code that a team would write against its databases, without a word about a tunnel: node-postgres and ioredis.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Redis from 'ioredis';
import pg from 'pg';

const database = {
  host: process.env.DB_HOST,
  port: 5432,
  user: 'app',
  password: process.env.DB_PASSWORD,
  database: 'shop',
};
const verified = { ...database, ssl: { ca: readFileSync(process.env.DB_CA, 'utf8') } };

async function withClient(settings, work) {
  const client = new pg.Client(settings);
  // Otherwise a lost connection would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const works = {
  query: ({ host = database.host, port = database.port, tls = true }) =>
    withClient({ ...(tls ? verified : database), host, port }, async (client) => {
      const { rows } = await client.query('select version from pg_stat_ssl where pid = pg_backend_pid()');
      return {
        tls: rows[0].version,
        sum: (await client.query('select 40 + $1::int as sum', [2])).rows[0].sum,
      };
    }),

  cache: async () => {
    const redis = new Redis({
      host: process.env.DB_HOST,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    redis.on('error', () => undefined);
    try {
      await redis.set('drink', 'tea');
      return await redis.get('drink');
    } finally {
      redis.disconnect();
    }
  },

  notify: () =>
    withClient(verified, (listener) =>
      withClient(verified, async (speaker) => {
        const heard = new Promise((resolve) => listener.on('notification', resolve));
        await listener.query('listen orders');
        await speaker.query("notify orders, 'one more'");
        const { channel, payload } = await heard;
        return { channel, payload };
      }),
    ),

  pool: async ({ connections }) => {
    const pool = new pg.Pool({ ...verified, max: connections });
    try {
      const one = async () => {
        const client = await pool.connect();
        const { rows } = await client.query('select pg_backend_pid() as pid');
        return { client, pid: rows[0].pid };
      };
      // All of them at the same time.
      const taken = await Promise.all(Array.from({ length: connections }, one));
      const sums = await Promise.all(
        taken.map(
          async ({ client }, index) => (await client.query('select $1::int as n', [index])).rows[0].n,
        ),
      );
      for (const { client } of taken) client.release();
      return { pids: new Set(taken.map(({ pid }) => pid)).size, sums };
    } finally {
      await pool.end();
    }
  },

  /** As many bytes there and back, with their hashes. */
  bytes: ({ megabytes }) =>
    withClient(verified, async (client) => {
      const sent = randomBytes(megabytes * 1024 * 1024);
      const { rows } = await client.query('select $1::bytea as back', [sent]);
      const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
      return { sent: hash(sent), back: hash(rows[0].back) };
    }),

  sleep: () => withClient(verified, (client) => client.query("select pg_sleep(600), 'slow'")),
};

export const handler = async (event) => {
  try {
    return { ok: await works[event.work](event) };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
};
