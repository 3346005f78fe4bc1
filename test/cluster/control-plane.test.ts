import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { describeOnCluster } from './suite.ts';

const inAWhile = { timeoutMs: 20_000 };

interface Item {
  readonly kind: string;
  readonly metadata: { readonly ownerReferences?: readonly { readonly kind: string }[] };
  readonly status?: { readonly phase?: string };
}

describeOnCluster('the test control plane', (cluster) => {
  const kubectl = async (args: string, input?: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster().kubectl(
      args.split(' '),
      input === undefined ? {} : { input },
    );
    if (code !== 0) throw new Error(`kubectl ${args}: ${stderr}`);
    return stdout;
  };

  test('a Deployment ends in a ReplicaSet and a Pod, which stays Pending without nodes', async () => {
    await kubectl('create deployment web --image nginx:1.27');

    const items = await eventually(
      async () => {
        const list = JSON.parse(await kubectl('get replicasets,pods -l app=web -o json')) as {
          items: Item[];
        };
        expect(list.items).toHaveLength(2);
        return list.items;
      },
      { describe: 'ReplicaSet and Pod of the Deployment', ...inAWhile },
    );

    const owners = items.map(({ kind, metadata }) => [kind, metadata.ownerReferences?.[0]?.kind]);
    expect(owners).toEqual(
      expect.arrayContaining([
        ['ReplicaSet', 'Deployment'],
        ['Pod', 'ReplicaSet'],
      ]),
    );
    expect(items.find(({ kind }) => kind === 'Pod')?.status?.phase).toBe('Pending');
  });

  test('kubectl reads its standard input, and a failure is an answer with a code', async () => {
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'piped' },
      data: { key: 'value' },
    };

    expect(await kubectl('apply -f -', JSON.stringify(configMap))).toContain('configmap/piped created');
    const missing = await cluster().kubectl(['get', 'configmap', 'absent']);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('NotFound');
  });

  test('a user has the rights of its groups and no other', async () => {
    const KUBECONFIG = await cluster().kubeconfigFor({ user: 'jane', groups: ['developers'] });
    const asJane = { env: { KUBECONFIG } };
    expect((await cluster().kubectl(['get', 'configmaps'], asJane)).stderr).toContain(
      'User "jane" cannot list',
    );

    await kubectl('create rolebinding developers --clusterrole=view --group=developers');

    await eventually(
      async () => {
        const { stderr, stdout } = await cluster().kubectl(['get', 'configmaps', '-o', 'name'], asJane);
        expect({ stderr, stdout }).toEqual({ stderr: '', stdout: expect.stringContaining('configmap/') });
      },
      { describe: 'the rolebinding takes effect', ...inAWhile },
    );
  });

  test('the audit log tells who wrote what', async () => {
    await kubectl('create namespace audited');

    await eventually(
      async () => {
        const events = await cluster().auditEvents();
        const created = events.find(
          ({ verb, objectRef }) => verb === 'create' && objectRef?.name === 'audited',
        );
        expect(created?.user.username).toBe('admin');
        expect(created?.responseStatus?.code).toBe(201);
      },
      { describe: 'the audit event of the namespace', ...inAWhile },
    );
  });
});
