// Runs serverless-offline without the Serverless Framework: `node serverless-offline-server.mjs FOLDER FUNCTIONS-JSON`.
// Prints {"port": N} and ends when its standard input does, so that it never outlives the bench.
import ServerlessOffline from 'serverless-offline';

const [, , folder = '', functionsText = '{}'] = process.argv;
/** @type {Record<string, { events: object[] }>} the `functions` of a serverless.yml */
const functions = JSON.parse(functionsText);

// The part of the framework's object that serverless-offline 14 reads.
const serverless = {
  serviceDir: folder,
  config: { servicePath: folder, serverlessPath: folder },
  service: {
    service: 'bench',
    provider: { name: 'aws', stage: 'dev', region: 'us-east-1', runtime: 'nodejs20.x' },
    functions,
    getAllFunctions: () => Object.keys(functions),
    getFunction: (/** @type {string} */ name) => functions[name],
    getAllEventsInFunction: (/** @type {string} */ name) => functions[name]?.events,
  },
};

const silent = () => undefined;
const tell = (/** @type {unknown[]} */ ...words) => console.error(...words);
const log = { debug: silent, verbose: silent, info: silent, notice: silent, warning: tell, error: tell };
const progress = { get: () => ({ remove: silent, notice: silent }), notice: silent, remove: silent };

// Everything else as it comes: handlers run in worker threads.
const options = { host: '127.0.0.1', httpPort: 0, lambdaPort: 0, noSponsor: true };
const offline = new ServerlessOffline(serverless, options, { log, progress });
await offline.start();
console.log(JSON.stringify({ port: offline.internals().getApiGatewayServer().info.port }));
process.stdin.on('end', () => process.exit(0)).resume();
