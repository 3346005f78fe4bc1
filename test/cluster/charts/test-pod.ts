import { createServer } from 'node:https';
import { execFile } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createAuthority, issue } from '../certificates.ts';
import { freePorts } from '../loopback.ts';

/** How the script ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
}

/**
 * Runs the script of the chart's test Pod against a webhook on this machine, which answers its readiness with this status; against
 * nobody without one.
 */
export async function askWebhook(script: string, status: number | undefined): Promise<Ended> {
  if (status === undefined) return run(script, (await freePorts(['nobody'])).nobody);
  const authority = await createAuthority('pinstream-webhook');
  const { certificate, key } = await issue(authority, {
    kind: 'server',
    name: 'pinstream-webhook',
    hosts: ['pinstream-webhook.pinstream-system.svc'],
  });
  const server = createServer({ cert: certificate, key }, ({ url }, response) => {
    response.writeHead(url === '/readyz' ? status : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await run(script, (server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function run(script: string, port: number): Promise<Ended> {
  const here = script.replace(
    'https://pinstream-webhook.pinstream-system.svc/',
    `https://127.0.0.1:${port}/`,
  );
  return new Promise((resolve) => {
    execFile(process.execPath, ['--eval', here], { timeout: 60_000 }, (error, stdout) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout });
    });
  });
}
