import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { exampleImage } from './examples.ts';
import type { Story } from './story.ts';

const keycloak20 = exampleImage('keycloak', '20.0');
const zabbix6 = exampleImage('zabbix-agent', '6.0');

interface Workload {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations?: object };
      readonly spec: { readonly containers: readonly { readonly image: string }[] };
    };
  };
}

/** A short name becomes the exact image, whoever creates the object. */
export function describePinning({ cluster, run, kubectl, images, until }: Story): void {
  test('kubectl apply --dry-run=server shows beforehand what would be admitted, and stores nothing', async () => {
    const shown = await kubectl('apply --dry-run=server -o yaml -f examples/deployment.yaml');
    const { spec } = parse(shown) as Workload;
    expect(spec.template.spec.containers).toMatchObject([{ image: keycloak20 }]);
    expect((await run('get deployment mykeycloak -n myproject')).stderr).toContain('not found');
  });

  test('kubectl create deployment ends with a Deployment, a ReplicaSet and a Pod that carry the digest', async () => {
    expect(await run('create deployment mykeycloak --image keycloak:20.0 -n myproject')).toEqual({
      code: 0,
      stdout: 'deployment.apps/mykeycloak created\n',
      stderr: '',
    });
    await until('a Deployment, a ReplicaSet and a Pod', async () =>
      expect(await images('deployment,replicaset,pod -l app=mykeycloak')).toEqual([
        keycloak20,
        keycloak20,
        keycloak20,
      ]),
    );
  });

  test('the original name is in an annotation of the Deployment, and the Pod template has none', async () => {
    const json = await kubectl('get deployment mykeycloak -n myproject -o json');
    const { metadata, spec } = JSON.parse(json) as Workload;
    expect(JSON.parse(metadata.annotations?.['pinstream.dev/resolved-images'] ?? '')).toEqual({
      keycloak: {
        from: 'keycloak:20.0',
        to: keycloak20,
        reason: 'ImageStreamTag',
        source: { kind: 'ImageStreamTag', namespace: 'myproject', name: 'keycloak:20.0', generation: 2 },
      },
    });
    expect(spec.template.metadata.annotations).toBeUndefined();
  });

  test('the audit log says what became of the image, and why', async () => {
    await until('the audit event of the Deployment', async () => {
      const created = (await cluster().auditEvents()).find(
        ({ verb, objectRef }) =>
          verb === 'create' && objectRef?.resource === 'deployments' && objectRef.name === 'mykeycloak',
      );
      expect(created?.annotations).toMatchObject({
        'mutate.pinstream.dev/containers.0': `keycloak:20.0 -> ${keycloak20} (ImageStreamTag myproject/keycloak:20.0, generation 2)`,
      });
    });
  });

  test('kubectl run', async () => {
    await kubectl('run agent-by-hand --image=zabbix-agent:6.0 -n myproject');
    expect(await images('pod agent-by-hand')).toEqual([zabbix6]);
  });

  test('kubectl create job, and the Pod of the Job', async () => {
    await kubectl('create job once --image=keycloak:20.0 -n myproject');
    expect(await images('job once')).toEqual([keycloak20]);
    await until('the Pod of the Job', async () =>
      expect(await images('pod -l job-name=once')).toEqual([keycloak20]),
    );
  });

  test('kubectl create cronjob, and a Job that is created from it', async () => {
    await kubectl('create cronjob nightly --image=keycloak:20.0 --schedule=@daily -n myproject');
    await kubectl('create job tonight --from=cronjob/nightly -n myproject');
    expect(await images('cronjob nightly')).toEqual([keycloak20]);
    expect(await images('job tonight')).toEqual([keycloak20]);
    await until('the Pod of the Job', async () =>
      expect(await images('pod -l job-name=tonight')).toEqual([keycloak20]),
    );
  });

  test('kubectl debug, in a Pod that a controller owns', async () => {
    const pod = (await kubectl('get pod -n myproject -l app=mykeycloak -o name')).trim();
    await kubectl(`debug ${pod} --image=zabbix-agent:6.0 --container=probe -n myproject`);
    const path = '-o jsonpath={.spec.ephemeralContainers[*].image}';
    expect(await kubectl(`get ${pod} -n myproject ${path}`)).toBe(zabbix6);
  });
}
