import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { applyExamples, exampleImage } from './examples.ts';
import { install } from './install.ts';
import type { Story } from './story.ts';

const moved = `docker.io/zabbix/zabbix-agent@sha256:${'64'.repeat(32)}`;
const zabbix64 = exampleImage('zabbix-agent', '6.4');

/** Pinstream comes back, or comes before the kinds that it reads. */
export function describeRestarts({ cluster, kubectl, preview, until, moveTag, pinstream }: Story): void {
  test('after a restart it knows what happened meanwhile, and the API server finds it again', async () => {
    await pinstream().stop();
    expect(await preview('zabbix-agent:6.4')).toEqual({ image: 'zabbix-agent:6.4', said: '' });
    const stored = moveTag('zabbix-agent', '6.4', moved);
    await pinstream().start();
    await stored;
    expect(await preview('zabbix-agent:6.4')).toEqual({ image: moved, said: '' });
  });

  test('started before the kinds exist it says so, leaves names alone, and picks the streams up when they appear', async () => {
    await pinstream().stop();
    await kubectl('delete crd imagestreams.image.openshift.io images.image.openshift.io');
    await pinstream().start();
    expect(await pinstream().log()).toContainEqual(
      expect.objectContaining({
        resource: 'imagestreams',
        msg: 'not served by this cluster yet; looking again every 10 s',
      }),
    );
    expect(await preview('zabbix-agent:6.4')).toEqual({ image: 'zabbix-agent:6.4', said: '' });

    await install(cluster(), pinstream());
    await applyExamples(cluster());
    await until('the streams are picked up', async () =>
      expect(await preview('zabbix-agent:6.4')).toEqual({ image: zabbix64, said: '' }),
    );
  });

  test('through all of it, it logged no error', async () => {
    const log = await readFile(pinstream().logPath, 'utf8');
    expect(log.split('\n').filter((line) => /"level":"(error|fatal)"|^[^{]/.test(line))).toEqual([]);
  });
}
