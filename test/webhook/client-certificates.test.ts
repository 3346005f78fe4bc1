import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import forge from 'node-forge';
import type { CertificatePair } from '../../src/certs/certificate-source.ts';
import { issueAuthority } from '../../src/certs/issue.ts';
import { eventually } from '../support/eventually.ts';
import { creation, podOf } from '../support/reviews.ts';
import { reviewOf, startServer, writeInOneStep, type TestServer } from '../support/server.ts';

let server: TestServer;
let folder: string;
let authority: CertificatePair;
let known: CertificatePair;
let stranger: CertificatePair;
let strangers: CertificatePair;
beforeAll(async () => {
  const now = new Date();
  authority = await issueAuthority({ commonName: 'test client authority', now });
  known = clientOf(authority);
  strangers = await issueAuthority({ commonName: 'another authority', now });
  stranger = clientOf(strangers);
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

describe('a file of authorities that changes', () => {
  const patient = { timeoutMs: 60_000 };
  const codes = async () => ({
    known: (await send('/mutate', review, known)).code,
    stranger: (await send('/mutate', review, stranger)).code,
    nobody: (await send('/mutate', review)).code,
  });

  test('is read again; what is no certificate is reported, and the authorities before it stay', async () => {
    const file = join(folder, 'ca.crt');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const before = await send('/mutate', review, known, 'POST', agent);
    expect(before).toMatchObject({ code: 200, closes: false });

    await writeInOneStep(file, strangers.cert);
    await eventually(async () => expect(await codes()).toEqual({ known: 403, stranger: 200, nobody: 403 }), {
      describe: 'the new authority',
      ...patient,
    });
    // Its client was verified by the authority before: once more, and the connection ends.
    expect(await send('/mutate', review, known, 'POST', agent)).toMatchObject({ closes: true });
    expect(await send('/mutate', review, known, 'POST', agent)).toMatchObject({ code: 403 });
    agent.destroy();

    await writeInOneStep(file, 'not a certificate');
    await eventually(
      () =>
        expect(server.logLines).toContainEqual(
          expect.objectContaining({
            level: 'error',
            msg: 'new client authorities refused, the old ones stay',
            reason: expect.stringContaining('there is no certificate in it'),
          }),
        ),
      { describe: 'the report', ...patient },
    );
    expect(await codes()).toEqual({ known: 403, stranger: 200, nobody: 403 });

    const both = `${strangers.cert}${authority.cert}`;
    await writeInOneStep(file, both);
    await eventually(async () => expect(await codes()).toEqual({ known: 200, stranger: 200, nobody: 403 }), {
      describe: 'both authorities',
      ...patient,
    });
  });
});

test('dry runs and health checks come without one', async () => {
  expect(await send('/dry-run', JSON.stringify(podOf('app:v1')))).toMatchObject({ code: 200 });
  expect(await send('/healthz', '', undefined, 'GET')).toMatchObject({ code: 200 });
});

function send(
  path: string,
  body: string,
  identity?: CertificatePair,
  method = 'POST',
  agent: Agent | false = false,
): Promise<{ code: number; text: string; closes: boolean }> {
  const options: RequestOptions = { method, rejectUnauthorized: false, agent, ...identity };
  return new Promise((resolve, reject) => {
    const sending = httpsRequest(`${server.url}${path}`, options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const closes = response.headers.connection === 'close';
        resolve({ code: response.statusCode ?? 0, text, closes });
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
