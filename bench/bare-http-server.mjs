// The floor of any local HTTP answer: a Node server that answers at once. Prints {"port": N}, ends with its standard input.
import { createServer } from 'node:http';

const server = createServer({ noDelay: true }, (_request, response) => response.end('{}'));
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address()?.port })));
process.stdin.on('end', () => process.exit(0)).resume();
