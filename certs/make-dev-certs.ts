/** Makes a certificate authority and a serving certificate for this machine in certs/dev/; certs/README.md says what for. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueAuthority, issueServing } from '../src/certs/issue.ts';

const folder = join(import.meta.dirname, 'dev');
const hosts = process.argv.slice(2);
if (hosts.some((host) => host.startsWith('-'))) {
  process.stderr.write('usage: node certs/make-dev-certs.ts [HOST OR ADDRESS]...\n');
  process.exit(2);
}

const now = new Date();
const authority = await issueAuthority({
  commonName: `pinstream-dev-ca@${Math.floor(now.getTime() / 1000)}`,
  now,
});
const serving = await issueServing({
  authority,
  dnsNames: ['localhost', ...hosts],
  ipAddresses: ['127.0.0.1', '::1'],
  now,
});

const files = [
  { name: 'ca.crt', text: authority.cert, mode: 0o644 },
  { name: 'tls.crt', text: serving.cert, mode: 0o644 },
  { name: 'tls.key', text: serving.key, mode: 0o600 },
];
await mkdir(folder, { recursive: true, mode: 0o700 });
for (const { name, text, mode } of files) {
  await writeFile(join(folder, name), text, { mode });
  process.stdout.write(`certs/dev/${name}\n`);
}
