import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves HTTPS with the pair in `--cert` and `--key`'s place of the command line, and says where as Pinstream's log does. */
export function serve(listener: RequestListener): Server {
  const [, , certFile = '', keyFile = ''] = process.argv;
  const options = { cert: readFileSync(certFile), key: readFileSync(keyFile), keepAliveTimeout: 120_000 };
  const server = createServer(options, listener);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    console.log(JSON.stringify({ msg: 'listening', url: `https://127.0.0.1:${port}` }));
  });
  process.once('SIGTERM', () => process.exit(0));
  return server;
}
