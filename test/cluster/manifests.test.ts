import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { applyManifests, commandsOn, inAWhile } from './manifests/commands.ts';
import { describeOutage } from './manifests/outage.ts';
import { describeRoles } from './manifests/roles.ts';
import { describeKinds } from './manifests/streams.ts';
import { describeOnCluster } from './suite.ts';

// With aggregator routing a Service without endpoints is refused at once, not after the webhook's timeout.
const options = { apiServerFlags: ['--enable-aggregator-routing=true'] };

describeOnCluster(
  'the manifests on a real API server',
  (cluster) => {
    const commands = commandsOn(cluster);
    const { kubectl } = commands;

    beforeAll(async () => {
      await applyManifests(commands);
      await kubectl(
        'wait --for=condition=Established --timeout=30s crd -l app.kubernetes.io/part-of=pinstream',
      );
      await kubectl('apply --server-side -f examples/00-namespaces.yaml');
      await eventually(() => kubectl('apply --server-side -f examples/imagestreams'), {
        describe: 'nobody judges the streams',
        ...inAWhile,
      });
      await kubectl('apply --server-side --subresource=status -f examples/imagestreams');
      await eventually(() => kubectl('get serviceaccount default -n myproject'), {
        describe: 'the service account of myproject',
        ...inAWhile,
      });
    });

    test('applying everything again finds no conflict and keeps the authority that the webhook wrote', async () => {
      const caBundle = Buffer.from(cluster().caCertificate).toString('base64');
      const patch = JSON.stringify([
        { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: caBundle },
      ]);
      await kubectl(`patch mutatingwebhookconfiguration pinstream --type=json -p ${patch}`);

      expect(await applyManifests(commands)).toMatch(/^(\S+ serverside-applied\n)+$/);

      const path = '-o jsonpath={.webhooks[0].clientConfig.caBundle}';
      expect(await kubectl(`get mutatingwebhookconfiguration pinstream ${path}`)).toBe(caBundle);
    });

    test.each([
      ['webhook', 'as critical', 'system-cluster-critical system-cluster-critical'],
      ['controller', 'as any other', ''],
    ])(
      'the Pods of the %s are admitted in their restricted namespace, %s',
      async (component, _how, expected) => {
        const pods = `get pods -n pinstream-system -l app.kubernetes.io/component=${component}`;
        await eventually(
          async () => {
            expect(await kubectl(`${pods} -o name`)).toMatch(/^(pod\S+\n){2}$/);
            expect(await kubectl(`${pods} -o jsonpath={.items[*].spec.priorityClassName}`)).toBe(expected);
          },
          { describe: `two Pods of the ${component}`, ...inAWhile },
        );
      },
    );

    test('the examples are admitted as they are written while the webhook is down', async () => {
      for (const name of ['deployment', 'job', 'cronjob', 'pod']) {
        await kubectl(`apply -f examples/${name}.yaml`);
      }
      const path = '-o jsonpath={.spec.template.spec.containers[0].image}';
      expect(await kubectl(`get deployment mykeycloak -n myproject ${path}`)).toBe('keycloak:20.0');
    });

    describe('kinds', () => describeKinds(commands));
    describe('rights', () => describeRoles(commands));
    describe('failing closed, while the webhook is down', () => describeOutage(commands));
  },
  options,
);
