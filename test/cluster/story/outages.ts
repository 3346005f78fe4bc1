import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { issueAuthority, issueServing } from '../../../src/certs/issue.ts';
import { failure } from '../../../src/webhook/status.ts';
import { exampleImage } from './examples.ts';
import { install, type Endpoint } from './install.ts';
import type { Story } from './story.ts';

const keycloak19 = exampleImage('keycloak', '19.0');
const notYet = 'Pinstream cannot decide yet: the image streams have not been read yet';

/** What users see while Pinstream does not answer, or answers that it cannot decide. */
export function describeOutages({ cluster, kubectl, preview, until, pinstream }: Story): void {
  let busy: Endpoint & { readonly server: Server };

  beforeAll(async () => {
    busy = await startUndecided();
  });
  afterAll(async () => {
    busy.server.closeAllConnections();
    busy.server.close();
    await install(cluster(), pinstream());
    await pinstream().start();
    await until('Pinstream answers again', async () =>
      expect((await preview('keycloak:19.0')).image).toBe(keycloak19),
    );
  });

  const refused =
    'error: failed to create job: Internal error occurred: failed calling webhook "mutate.pinstream.dev": failed to call webhook:';
  const says = (overlay: string, endpoint: () => Endpoint, image: string, said: RegExp) => async () => {
    await install(cluster(), endpoint(), overlay);
    await until('the API server follows', async () =>
      expect(await preview('keycloak:19.0')).toEqual({ image, said: expect.stringMatching(said) }),
    );
  };

  describe('answering 503', () => {
    test(
      'failing closed, the error is the sentence that Pinstream gave',
      says('overlays/fail-closed', () => busy, '', new RegExp(`^${refused} ${notYet}$`)),
    );
    test(
      'failing open, the object is let through as it is written',
      says('.', () => busy, 'keycloak:19.0', /^$/),
    );
  });

  describe('down', () => {
    beforeAll(() => pinstream().stop());

    test(
      'failing closed, the error names the webhook and what is wrong',
      says('overlays/fail-closed', pinstream, '', new RegExp(`^${refused} Post .*: connection refused$`)),
    );
    test(
      'failing open, the object is let through as it is written',
      says('.', pinstream, 'keycloak:19.0', /^$/),
    );
    test('only the audit log knows that it was let through', async () => {
      await kubectl('create job let-through --image=keycloak:19.0 -n myproject');
      await until('the audit event of the Job', async () => {
        const events = await cluster().auditEvents();
        const created = events.find(
          ({ verb, objectRef }) => verb === 'create' && objectRef?.name === 'let-through',
        );
        const keys = Object.keys(created?.annotations ?? {});
        expect(keys).toContainEqual(
          expect.stringMatching(/^failed-open\.mutation\.webhook\.admission\.k8s\.io\//),
        );
      });
    });
  });
}

/** A webhook that answers every review as Pinstream does before it has read the streams. */
async function startUndecided(): Promise<Endpoint & { readonly server: Server }> {
  const now = new Date();
  const authority = await issueAuthority({ commonName: 'pinstream-undecided', now });
  const pair = await issueServing({ authority, dnsNames: [], ipAddresses: ['127.0.0.1'], now });
  const server = createServer(pair, (request, response) => {
    request.resume();
    response.writeHead(503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(failure(503, notYet)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, caCertificate: authority.cert, server };
}
