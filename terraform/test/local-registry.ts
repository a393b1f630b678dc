// A registry of npm on this machine: has esbuild and its programs as they are installed here, so that a test needs no network.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { repository } from './terraform-cli.ts';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

export class LocalRegistry {
  readonly #server: Server;
  readonly #folder: string;
  readonly #packages: ReadonlyMap<string, Locked>;
  readonly #downloads = new Set<string>();

  /** `folder` gets the packages' archives. */
  static async start(folder: string): Promise<LocalRegistry> {
    const registry = new LocalRegistry(folder);
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  private constructor(folder: string) {
    this.#folder = folder;
    const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, Locked>;
    };
    const isServed = /^node_modules\/(esbuild|@esbuild\/[^/]+)$/;
    this.#packages = new Map(
      Object.entries(packages).flatMap(([path, locked]) => {
        const name = isServed.exec(path)?.[1];
        return name === undefined ? [] : [[name, locked] as const];
      }),
    );
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** The packages whose archives were asked for. */
  downloads(): ReadonlySet<string> {
    return this.#downloads;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(request.url?.slice(1) ?? '');
    const wanted = path.replace(/\.tgz$/, '');
    const locked = this.#packages.get(wanted);
    if (!locked) return void response.writeHead(404).end('{}');
    if (path !== wanted) {
      this.#downloads.add(wanted);
      return void response.end(this.#archive(wanted));
    }
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(this.#document(wanted, locked)));
  }

  /** What npm reads of a package before it downloads one: programs for other machines are not here. */
  #document(name: string, { cpu, integrity, os, version }: Locked): object {
    const installed = join(repository, 'node_modules', name, 'package.json');
    const manifest = existsSync(installed)
      ? (JSON.parse(readFileSync(installed, 'utf8')) as object)
      : { name, version, os, cpu };
    const own = existsSync(installed) ? integrityOf(this.#archive(name)) : integrity;
    const dist = { tarball: `${this.url}${name}.tgz`, integrity: own };
    return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
  }

  #archive(name: string): Buffer {
    const file = join(this.#folder, `${name.replaceAll('/', '-')}.tgz`);
    if (!existsSync(file)) {
      const place = join(repository, 'node_modules', name);
      execFileSync('tar', ['-czf', file, '--transform', 's,^\\.,package,', '-C', place, '.']);
    }
    return readFileSync(file);
  }
}

function integrityOf(bytes: Buffer): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}
