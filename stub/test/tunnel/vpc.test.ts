// Names, as the built tunnel function resolves them: it runs in a network namespace whose name server is the test's.
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { serve, silentPort } from './servers.ts';
import { useTunnelWorld } from './tunnel-world.ts';
import { namespacesAllowed, Vpc } from './vpc.ts';

// Where no namespaces can be created, dialer.test.ts has the same cases with a look-up of its own.
describe.skipIf(!namespacesAllowed())('in a VPC', () => {
  const world = useTunnelWorld();
  const vpc = new Vpc();
  const host = `${vpc.host}/32:*`;

  beforeAll(() => vpc.start().then(() => undefined));
  afterAll(() => vpc.stop());
  beforeEach(() => {
    vpc.asked.length = 0;
    sources.length = 0;
  });

  /** Where connections came from. */
  const sources: (string | undefined)[] = [];
  const echo = () =>
    serve((socket) => {
      sources.push(socket.remoteAddress);
      socket.pipe(socket);
    }, vpc.host);

  it('a name is resolved by the VPC’s name server, and its address must be allowed', async () => {
    vpc.answers = (name) => (name === 'db.internal' ? [vpc.host] : []);
    const { client } = await world.tunnel({ vpc, allow: [host] });
    const server = await echo();
    const stream = client.begin('DB.internal', server.port);
    expect(await stream.opened).toEqual({ address: `${vpc.host}:${server.port}` });
    stream.end('hello');
    expect(String(await once(stream, 'data'))).toBe('hello');
    expect(sources).toEqual([vpc.inside]);
  });

  it('a short name is resolved in the search domain, as code in the VPC would', async () => {
    vpc.answers = (name) => (name === 'db.vpc.internal' ? [vpc.host] : []);
    const { client } = await world.tunnel({ vpc, allow: [host] });
    const { port } = await echo();
    await client.open('db', port);
    expect(vpc.asked).toContain('A db.vpc.internal');
  });

  it('a name is looked up once: what it resolves to afterwards does not matter', async () => {
    const answers = [[vpc.host], ['127.0.0.1'], ['127.0.0.1']];
    vpc.answers = (name) => (name === 'rebind.internal' ? (answers.shift() ?? []) : []);
    const { client } = await world.tunnel({ vpc, allow: [host] });
    const server = await echo();
    await client.open('rebind.internal', server.port);
    expect(sources).toEqual([vpc.inside]);
    expect(vpc.asked.filter((each) => each === 'A rebind.internal')).toHaveLength(1);
    // And the other way round.
    await expect(client.open('rebind.internal', server.port)).rejects.toMatchObject({
      code: 'not-allowed',
      message: `rebind.internal (127.0.0.1) port ${server.port}: this is a loopback address, which the tunnel never reaches`,
    });
  });

  it('a name that is allowed, and resolves to the metadata address, is refused', async () => {
    vpc.answers = () => ['169.254.169.254'];
    const { client } = await world.tunnel({ vpc, allow: ['*.internal:*', '0.0.0.0/0:*'] });
    await expect(client.open('metadata.internal', 80)).rejects.toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('this is a link-local address, which the tunnel never reaches'),
    });
  });

  it('a name whose address is not allowed is refused, with the entries to add', async () => {
    vpc.answers = (name) => (name === 'db.internal' ? ['10.78.0.77'] : []);
    const { client } = await world.tunnel({ vpc, allow: [host] });
    await expect(client.open('db.internal', 5432)).rejects.toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('add "db.internal:5432" or "10.78.0.77:5432" there'),
    });
  });

  it('the next address of a name is tried where the first one refuses', async () => {
    vpc.answers = (name) => (name === 'db.internal' ? [vpc.inside, vpc.host] : []);
    const { client } = await world.tunnel({ vpc, allow: ['db.internal:*'] });
    const { port } = await echo();
    const stream = client.begin('db.internal', port);
    expect(await stream.opened).toEqual({ address: `${vpc.host}:${port}` });
  });

  it('a name that does not exist is reported, and one whose server fails', async () => {
    const { client } = await world.tunnel({ vpc, allow: ['*.internal:*'] });
    vpc.answers = () => [];
    await expect(client.open('nobody.internal', 80)).rejects.toMatchObject({
      code: 'unresolved',
      errno: 'ENOTFOUND',
      message: "nobody.internal does not resolve in the tunnel's VPC (ENOTFOUND)",
    });
    vpc.answers = () => 'fail';
    await expect(client.open('broken.internal', 80)).rejects.toMatchObject({
      code: 'unresolved',
      message: expect.stringMatching(/^broken\.internal does not resolve .* \((EAI_AGAIN|ENOTFOUND)\)$/),
    });
  });

  it('a name server that is silent ends the look-up, and the others go on', async () => {
    vpc.answers = (name) => (name.startsWith('silent') ? 'silent' : [vpc.host]);
    const { client } = await world.tunnel({ vpc, allow: ['*.internal:*'] });
    const { port } = await echo();
    // More than the system's threads for look-ups.
    const silent = Array.from({ length: 6 }, (_, index) =>
      client.open(`silent${index}.internal`, port).catch(({ code, message }) => `${code}: ${message}`),
    );
    await client.open('db.internal', port);
    for (const refusal of await Promise.all(silent))
      expect(refusal).toMatch(/^unresolved: silent\d\.internal /);
  });

  it('the name servers are asked directly where the system’s look-up waits', async () => {
    // The system's look-up asks once, and waits for 3 s in vain.
    const unanswered = new Set(['db.internal']);
    vpc.answers = (name) => (unanswered.delete(name) ? 'silent' : name === 'db.internal' ? [vpc.host] : []);
    const { client } = await world.tunnel({ vpc, allow: [host] });
    const { port } = await echo();
    await client.open('db.internal', port);
    expect(vpc.asked.filter((each) => each === 'A db.internal')).toHaveLength(2);
  });

  it('an address without a route is reported', async () => {
    const { client } = await world.tunnel({ vpc, allow: ['0.0.0.0/0:*'] });
    await expect(client.open(vpc.unreachable, 80)).rejects.toMatchObject({
      code: 'unreachable',
      errno: 'EHOSTUNREACH',
      message: `${vpc.unreachable} port 80 can't be reached from the tunnel's VPC (EHOSTUNREACH)`,
    });
  });

  it('an address that answers nothing is given up after 5 s, with what to check', async () => {
    const { client } = await world.tunnel({ vpc, allow: ['0.0.0.0/0:*'] });
    const port = await silentPort(vpc.host);
    await expect(client.open(vpc.host, port)).rejects.toMatchObject({
      code: 'timeout',
      message: `${vpc.host} port ${port} did not answer within 5 s: check that its security group admits the tunnel's`,
    });
  });
});
