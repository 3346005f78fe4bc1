import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import forge from 'node-forge';
import type { CertificatePair } from '../../src/certs/certificate-source.ts';
import { issueAuthority } from '../../src/certs/issue.ts';
import { creation, podOf } from '../support/reviews.ts';
import { reviewOf, startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let folder: string;
let known: CertificatePair;
let stranger: CertificatePair;
beforeAll(async () => {
  const now = new Date();
  const authority = await issueAuthority({ commonName: 'test client authority', now });
  known = clientOf(authority);
  stranger = clientOf(await issueAuthority({ commonName: 'another authority', now }));
  folder = await mkdtemp(join(tmpdir(), 'pinstream-clients-'));
  await writeFile(join(folder, 'ca.crt'), authority.cert);
  server = await startServer({ flags: ['--client-ca-file', join(folder, 'ca.crt')] });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const review = JSON.stringify(reviewOf(creation(podOf('app:v1'))));

test.each(['/mutate', '/validate'])(
  '%s answers callers with a certificate of the authority alone',
  async (path) => {
    expect(await send(path, review, known)).toMatchObject({ code: 200 });
    for (const identity of [undefined, stranger]) {
      const refused = await send(path, review, identity);
      expect(refused.code).toBe(403);
      expect(JSON.parse(refused.text)).toMatchObject({
        kind: 'Status',
        code: 403,
        message: expect.stringContaining('client authority'),
      });
    }
  },
);

test('dry runs and health checks come without one', async () => {
  expect(await send('/dry-run', JSON.stringify(podOf('app:v1')))).toMatchObject({ code: 200 });
  expect(await send('/healthz', '', undefined, 'GET')).toMatchObject({ code: 200 });
});

function send(
  path: string,
  body: string,
  identity?: CertificatePair,
  method = 'POST',
): Promise<{ code: number; text: string }> {
  const options: RequestOptions = { method, rejectUnauthorized: false, agent: false, ...identity };
  return new Promise((resolve, reject) => {
    const sending = httpsRequest(`${server.url}${path}`, options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        resolve({ code: response.statusCode ?? 0, text });
      });
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

/** A client certificate, as an API server's administrator would sign one; ours are for servers only. */
function clientOf(authority: CertificatePair): CertificatePair {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 60_000);
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
  certificate.setSubject([{ name: 'commonName', value: 'kube-apiserver' }]);
  certificate.setIssuer(forge.pki.certificateFromPem(authority.cert).subject.attributes);
  certificate.setExtensions([{ name: 'extKeyUsage', clientAuth: true }]);
  certificate.sign(forge.pki.privateKeyFromPem(authority.key), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: privateKey };
}
