// Where the variables of an invocation come from: which names are trusted, when a configuration is read, and what is used if
// it cannot be read.
import { describe, expect, it, test } from 'vitest';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { givenVariables } from '../../src/session/variables/function-variables.ts';
import { ReadVariables, waitMs } from '../../src/session/variables/read-variables.ts';
import type { Variables } from '../../src/session/variables/sent-variables.ts';
import { isStartupKind } from '../../src/session/variables/startup-kinds.ts';

const role = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'a/b+c=', AWS_SESSION_TOKEN: 'IQoJb3+/=' };
const region = 'eu-west-1';
const regions = { AWS_REGION: region, AWS_DEFAULT_REGION: region };

/** A reader whose results the test controls. */
function reader(names: readonly string[] = ['hello']) {
  const clock = new ManualClock();
  const notices: string[] = [];
  const reads: {
    name: string;
    answer: (variables: Variables) => Promise<void>;
    fail: (error: unknown) => Promise<void>;
  }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const variables = new ReadVariables({
    functions: names,
    region,
    clock,
    onNotice: (message) => notices.push(message),
    read: (name) =>
      new Promise((resolve, reject) =>
        reads.push({
          name,
          answer: (read) => {
            resolve(read);
            return settle();
          },
          fail: (error) => {
            reject(error);
            return settle();
          },
        }),
      ),
  });
  return { clock, notices, reads, settle, variables };
}

const refused = new LiveDebugError('LD_PERMISSION', 'tom may not', { remedy: 'attach the policy' });

describe('a message', () => {
  const given = givenVariables(new Map([['hello', { GREETING: 'hi' }]]), region);

  it('brings credentials and what Lambda sets, each only in its own form', () => {
    const lambda = {
      AWS_LAMBDA_FUNCTION_NAME: 'dev-hello',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/dev-hello',
      AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/26/[$LATEST]0123456789abcdef',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      AWS_LAMBDA_LOG_LEVEL: 'DEBUG',
      AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    };
    const sent = { ...role, ...lambda, AWS_REGION: region, GREETING: 'forged', OTHER: 'forged' };
    expect(given.of('hello', sent)).toEqual({ GREETING: 'hi', ...regions, ...role, ...lambda });
  });

  it.each([
    ['AWS_REGION', 'evil.com/#'],
    ['AWS_LAMBDA_FUNCTION_NAME', '../x'],
    ['AWS_LAMBDA_FUNCTION_VERSION', '$(id)'],
    ['AWS_LAMBDA_FUNCTION_MEMORY_SIZE', '1e9'],
    ['AWS_LAMBDA_LOG_GROUP_NAME', 'a b'],
    ['AWS_LAMBDA_LOG_STREAM_NAME', 'a\nb'],
    ['AWS_LAMBDA_LOG_LEVEL', 'LOUD'],
    ['AWS_LAMBDA_EXEC_WRAPPER', '/tmp/evil'],
    ['AWS_LAMBDA_RUNTIME_API', '127.0.0.1:1'],
    ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'http://127.0.0.1:1'],
    ['_HANDLER', 'child_process.execSync'],
    ['_X_AMZN_TRACE_ID', 'Root=1'],
    ['__proto__', 'x'],
    ['constructor', 'x'],
  ])('does not bring %s=%s', (name, value) => {
    const sent = JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);
    expect(given.of('hello', { ...role, ...sent })).toEqual({ GREETING: 'hi', ...regions, ...role });
  });

  it('brings no credentials at all if one has another form', () => {
    expect(given.of('hello', { ...role, AWS_SESSION_TOKEN: 'a\nb' })).toEqual({ GREETING: 'hi', ...regions });
  });
});

test('the configuration of a stub has NODE_OPTIONS under its own name, and nothing of the stub’s', () => {
  const configured = {
    GREETING: 'hi',
    LIVE_DEBUG_STAGE: 'dev',
    LIVE_DEBUG_NODE_OPTIONS: '--import x',
    LIVECTL_ASSIGNED: 'never',
    'NOT-A NAME': 'x',
  };
  const variables = givenVariables(new Map([['hello', configured]]), region);
  expect(variables.of('hello', {})).toEqual({ GREETING: 'hi', NODE_OPTIONS: '--import x', ...regions });
});

test.each([
  [{}, {}],
  [{ LIVE_DEBUG_EXEC_WRAPPER: '/opt/otel-handler' }, { AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler' }],
])('the configuration of a wrapped function has its own wrapper script, not livectl’s: %j', (ours, own) => {
  const configured = {
    GREETING: 'hi',
    AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug',
    LIVE_DEBUG_STAGE: 'dev',
    ...ours,
  };
  const variables = givenVariables(new Map([['hello', configured]]), region);
  expect(variables.of('hello', {})).toEqual({ GREETING: 'hi', ...own, ...regions });
});

describe('a configuration', () => {
  it('is read one at a time, that of an invoked function next, and waited for', async () => {
    const { reads, settle, variables } = reader(['a', 'b', 'c']);
    variables.start();
    await settle();
    const found = variables.of('c', { NODE_OPTIONS: '--import evil' });
    expect(reads.map(({ name }) => name)).toEqual(['a']);
    await reads[0]?.answer({});
    expect(reads.map(({ name }) => name)).toEqual(['a', 'c']);
    await reads[1]?.answer({ GREETING: 'hi' });
    expect(await found).toEqual({ GREETING: 'hi', ...regions });
    // Known from now on: nothing to wait for.
    expect(variables.of('c', { GREETING: 'hi' })).toEqual({ GREETING: 'hi', ...regions });
    expect(reads.map(({ name }) => name)).toEqual(['a', 'c', 'b']);
  });

  it('that is late is not waited for longer than 3 s, and applies from then on', async () => {
    const { clock, notices, reads, settle, variables } = reader();
    const found = variables.of('hello', { GREETING: 'sent', NODE_OPTIONS: '--import evil' });
    await settle();
    clock.advance(waitMs);
    expect(await found).toEqual({ GREETING: 'sent', ...regions });
    expect(notices).toEqual([expect.stringMatching(/^hello: .*3 s.*NODE_OPTIONS$/)]);
    await reads[0]?.answer({ GREETING: 'hi' });
    expect(variables.of('hello', { GREETING: 'hi' })).toEqual({ GREETING: 'hi', ...regions });
  });

  it('that is late is waited for once: others continue beside its reads until one has an answer', async () => {
    const { clock, reads, settle, variables } = reader();
    const found = variables.of('hello', { GREETING: 'sent' });
    await settle();
    clock.advance(waitMs);
    await found;
    expect(variables.of('hello', { GREETING: 'sent' })).toEqual({ GREETING: 'sent', ...regions });
    await reads[0]?.fail(new LiveDebugError('LD_AWS', 'no answer within 10 s'));
    expect(variables.of('hello', { GREETING: 'sent' })).toEqual({ GREETING: 'sent', ...regions });
    await settle();
    expect(reads).toHaveLength(2);
    await reads[1]?.answer({ GREETING: 'hi' });
    expect(variables.of('hello', { GREETING: 'hi' })).toEqual({ GREETING: 'hi', ...regions });
    // A change is waited for as before.
    expect(variables.of('hello', { GREETING: 'new' })).toBeInstanceOf(Promise);
  });

  it('that a change makes late is waited for once as well', async () => {
    const { clock, reads, settle, variables } = reader();
    variables.start();
    await settle();
    await reads[0]?.answer({ GREETING: 'hi' });
    const found = variables.of('hello', { GREETING: 'new' });
    await settle();
    clock.advance(waitMs);
    expect(await found).toEqual({ GREETING: 'hi', ...regions });
    expect(variables.of('hello', { GREETING: 'new' })).toEqual({ GREETING: 'hi', ...regions });
    await reads[1]?.answer({ GREETING: 'new' });
    expect(variables.of('hello', { GREETING: 'new' })).toEqual({ GREETING: 'new', ...regions });
  });

  it('is read again when a message shows another one, and the invocation has the new one', async () => {
    const { reads, settle, variables } = reader();
    variables.start();
    await settle();
    await reads[0]?.answer({ GREETING: 'old' });
    // Lambda's own, at their defaults or not, are no change.
    const lambdas = {
      TZ: ':UTC',
      LANG: 'en_US.UTF-8',
      PATH: '/x',
      HOME: '/y',
      NODE_EXTRA_CA_CERTS: '/var/runtime/ca',
    };
    expect(variables.of('hello', { GREETING: 'old', ...lambdas })).toEqual({ GREETING: 'old', ...regions });
    const found = variables.of('hello', { GREETING: 'new' });
    await settle();
    await reads[1]?.answer({ GREETING: 'new', NODE_OPTIONS: '--import apm' });
    expect(await found).toEqual({ GREETING: 'new', NODE_OPTIONS: '--import apm', ...regions });
  });

  it('is not read again and again for what a read did not confirm, however the messages differ', async () => {
    const { clock, notices, reads, settle, variables } = reader();
    variables.start();
    await settle();
    await reads[0]?.answer({ GREETING: 'hi' });
    const forge = async (value: string) => {
      const found = variables.of('hello', { GREETING: value });
      await settle();
      await reads.at(-1)?.answer({ GREETING: 'hi' });
      expect(await found).toEqual({ GREETING: 'hi', ...regions });
    };
    await forge('one');
    await forge('one');
    expect(reads).toHaveLength(2);
    for (let count = 0; count < 20; count += 1) await forge(`forged ${count}`);
    expect(reads).toHaveLength(4);
    clock.advance(30_000);
    await forge('later');
    await forge('later still');
    expect(reads).toHaveLength(5);
    expect(notices).toEqual([expect.stringMatching(/GREETING.*another version/)]);
  });

  it('that cannot be read now is kept unchanged', async () => {
    const { reads, settle, variables } = reader();
    variables.start();
    await settle();
    await reads[0]?.answer({ GREETING: 'hi' });
    const found = variables.of('hello', { GREETING: 'new', NODE_OPTIONS: '--import evil' });
    await settle();
    await reads[1]?.fail(new LiveDebugError('LD_AWS', 'no network'));
    expect(await found).toEqual({ GREETING: 'hi', ...regions });
  });

  it('is read again after 5 minutes beside an invocation, since not every change shows in messages', async () => {
    const { clock, reads, settle, variables } = reader();
    variables.start();
    await settle();
    await reads[0]?.answer({ PATH: '/old' });
    clock.advance(5 * 60_000 + 1);
    expect(variables.of('hello', {})).toMatchObject({ PATH: '/old' });
    await settle();
    await reads[1]?.answer({ PATH: '/new' });
    expect(variables.of('hello', {})).toMatchObject({ PATH: '/new' });
  });
});

describe('without a configuration', () => {
  it('a function has the variables in its messages, except those that start or load something; reported once', async () => {
    const { notices, reads, settle, variables } = reader();
    variables.start();
    await settle();
    await reads[0]?.fail(refused);
    const sent = {
      DB_HOST: 'db',
      NODE_ENV: 'dev',
      TZ: 'Europe/Berlin',
      NODE_OPTIONS: 'x',
      BASH_ENV: '/x',
      Env: 'y',
    };
    for (let count = 0; count < 5; count += 1) {
      const found = variables.of('hello', { ...role, ...sent });
      // Nobody waits for a permission.
      expect(found).toEqual({ DB_HOST: 'db', NODE_ENV: 'dev', TZ: 'Europe/Berlin', ...regions, ...role });
      await settle();
      await reads[count + 1]?.fail(refused);
    }
    expect(reads).toHaveLength(4);
    expect(notices).toEqual([
      'hello: its configuration could not be read (tom may not; attach the policy), so its variables are taken from its invocations, without those that can start or load programs: NODE_OPTIONS, BASH_ENV, Env',
    ]);
  });

  it('more than the 4 KB of a function are not used at all', async () => {
    const { notices, reads, settle, variables } = reader();
    variables.start();
    await settle();
    await reads[0]?.fail(refused);
    expect(variables.of('hello', { LONG: 'x'.repeat(4093) })).toEqual(regions);
    expect(variables.of('hello', { LONG: 'x'.repeat(4092) })).toHaveProperty('LONG');
    expect(notices).toEqual([expect.stringContaining('over 4 KB')]);
  });
});

describe('what can start or load a program', () => {
  const dangerous = `
    NODE_OPTIONS node_options NODE_PATH NODE_EXTRA_CA_CERTS DENO_DIR BUN_OPTIONS npm_config_prefix TSX_TSCONFIG_PATH
    PYTHONPATH PYTHONSTARTUP PYTHONHOME PYTHONWARNINGS VIRTUAL_ENV PIP_INDEX_URL DD_LAMBDA_HANDLER
    NEW_RELIC_LAMBDA_HANDLER ORIG_HANDLER GUNICORN_CMD_ARGS COVERAGE_PROCESS_START OTEL_PYTHON_CONFIGURATOR
    LD_PRELOAD LD_AUDIT DYLD_INSERT_LIBRARIES GCONV_PATH LOCPATH MALLOC_CHECK_ NLSPATH RES_OPTIONS
    BASH_ENV ENV SHELLOPTS BASHOPTS PS4 PROMPT_COMMAND IFS PATH Path CDPATH ZDOTDIR SHELL INPUTRC COMSPEC PATHEXT
    JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS CLASSPATH IBM_JAVA_OPTIONS MAVEN_OPTS CATALINA_OPTS SPRING_APPLICATION_JSON
    RUBYOPT RUBYLIB GEM_HOME BUNDLE_GEMFILE PERL5OPT PERL5DB PERL5LIB PHPRC PHP_INI_SCAN_DIR
    DOTNET_STARTUP_HOOKS CORECLR_PROFILER_PATH COMPlus_EnableDiagnostics ASPNETCORE_HOSTINGSTARTUPASSEMBLIES
    GODEBUG GOFLAGS GOTOOLCHAIN GOOGLE_APPLICATION_CREDENTIALS LUA_INIT LUA_PATH R_PROFILE_USER JULIA_LOAD_PATH ERL_FLAGS
    GIT_SSH_COMMAND SSH_ASKPASS EDITOR VISUAL PAGER MANPAGER GIT_PAGER BROWSER LESSOPEN CURL_HOME
    HOME XDG_CONFIG_HOME TMPDIR TMP USERPROFILE APPDATA DOCKER_HOST KUBECONFIG
    OPENSSL_CONF OPENSSL_MODULES SSL_CERT_FILE SSLKEYLOGFILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE AWS_CA_BUNDLE ODBCINI
    AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_PROFILE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_DATA_PATH
    AWS_WEB_IDENTITY_TOKEN_FILE AWS_LAMBDA_EXEC_WRAPPER HTTPS_PROXY http_proxy NO_PROXY all_proxy GLOBAL_AGENT_HTTP_PROXY
    PUPPETEER_EXECUTABLE_PATH CHROME_BIN IMAGEMAGICK_BINARY FIREFOX_BIN IMAGEIO_FFMPEG_EXE
    GRAPHVIZ_DOT HADOOP_CLASSPATH SETTINGS_FILE_FOR_DYNACONF AIRFLOW__CORE__PLUGINS_FOLDER PRISMA_QUERY_ENGINE_LIBRARY LIBMYSQL_PLUGIN_DIR MAGICK_CONFIGURE_PATH
  `;
  it.each(dangerous.trim().split(/\s+/))('%s', (name) => {
    expect(isStartupKind(name, 'x')).toBe(true);
  });

  const plain = `
    GREETING TABLE_NAME DB_HOST DB_PASSWORD PGHOST PGPASSWORD MYSQL_HOST REDIS_URL API_BASE_PATH HISTORY_TABLE
    DASHBOARD_URL ANTHROPIC_API_KEY PIPELINE_NAME PROMPT_TEMPLATE USER_AGENT FEATURE_FLAGS AUDIT_TABLE DB_PROXY_ENDPOINT
    RDS_PROXY LOG_LEVEL POWERTOOLS_SERVICE_NAME DD_API_KEY SENTRY_DSN STAGE NODE_ENV APP_ENV KAFKA_BOOTSTRAP_SERVERS
    DJANGO_SETTINGS_MODULE AWS_NODEJS_CONNECTION_REUSE_ENABLED AWS_STS_REGIONAL_ENDPOINTS USER TZ LANG LC_ALL
    GOOGLE_CLIENT_ID GO_ENV STRIPE_WEBHOOK_SECRET LDAP_URL ORANGE
  `;
  it.each(plain.trim().split(/\s+/))('not %s', (name) => {
    expect(isStartupKind(name, 'x')).toBe(false);
  });

  it.each([
    ['TZ', ':/etc/evil'],
    ['TZ', '../../evil'],
    ['LANG', '/tmp/evil'],
    ['LC_ALL', 'a/../../b'],
    ['NODE_ENV', '../../evil'],
    ['AWS_RETRY_MODE', 'a b'],
  ])('but %s=%s', (name, value) => {
    expect(isStartupKind(name, value)).toBe(true);
  });

  it('is classified in a time that does not depend on the value', () => {
    const long = 'a/'.repeat(500_000);
    expect(isStartupKind('TZ', long)).toBe(true);
    expect(isStartupKind(`A${'_A'.repeat(120)}`, long)).toBe(false);
  });
});
