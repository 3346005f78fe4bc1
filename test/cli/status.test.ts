import { describe, expect, it } from '@jest/globals';
import { memoryObjects } from '../support/memory-objects.ts';
import { closedStream, digest, namespace, openStream, pinned } from '../support/objects.ts';
import { verbRun } from '../support/verb-run.ts';
import { workloadObject } from '../support/workloads.ts';

const failing = {
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { namespace: 'shop', name: 'nagios' },
  spec: {
    tags: [
      {
        name: '4.5',
        from: { kind: 'DockerImage', name: 'quay.io/a/nagios:4.5' },
        importPolicy: { scheduled: true },
      },
    ],
  },
  status: {
    tags: [
      {
        tag: '4.5',
        items: null,
        conditions: [
          {
            type: 'ImportSuccess',
            status: 'False',
            reason: 'NotFound',
            message: 'dockerimage.image.openshift.io "quay.io/a/nagios:4.5" not found',
            lastTransitionTime: '2026-05-31T23:55:00Z',
          },
        ],
      },
    ],
  },
};

const keycloak = {
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { namespace: 'shop', name: 'keycloak' },
  spec: { lookupPolicy: { local: true } },
  status: {
    tags: [
      {
        tag: '20.0',
        items: ['b', 'a'].map((digit, index) => ({
          created: `2026-0${4 - index}-01T00:00:00Z`,
          dockerImageReference: pinned('keycloak', digit),
          image: digest(digit),
        })),
      },
    ],
  },
};

const all = [
  namespace('shop'),
  namespace('base'),
  namespace('idle'),
  keycloak,
  failing,
  openStream('base', 'php', ['8']),
  closedStream('base', 'perl', ['5']),
  workloadObject('Deployment', 'web', { images: { web: pinned('keycloak', 'b'), log: 'quay.io/x/log:1' } }),
  workloadObject('Deployment', 'old', { images: { web: pinned('keycloak', 'a') } }),
  workloadObject('StatefulSet', 'name', { images: { web: 'keycloak:20.0' } }),
  workloadObject('CronJob', 'php', { namespace: 'base', images: { job: pinned('php', '1') } }),
];

const status = (words: string, options: Parameters<typeof verbRun>[1] = {}) =>
  verbRun(['status', ...words.split(' ').filter((word) => word !== '')], {
    objects: memoryObjects(all),
    ...options,
  });

const sections = `NAMESPACE   LOOKUP    STREAMS   OPEN   SCHEDULED
shop        enabled   2         1      1

WORKLOAD           CONTAINER   TAG             RUNS            STATE
deployment/old     web         keycloak:20.0   aaaaaaaaaa      1 behind (since 2 months)
deployment/web     web         keycloak:20.0   bbbbbbbbbb      current
statefulset/name   web         keycloak:20.0   keycloak:20.0   not resolved

FAILING IMPORT   SINCE       NEXT TRY            REASON
nagios:4.5       5 minutes   within 30 minutes   NotFound: dockerimage.image.openshift.io "quay.io/a/nagios:4.5" not found
`;

describe('the tables', () => {
  it('are of the own namespace', async () => {
    expect(await status('')).toEqual({ code: 0, out: sections, err: '' });
  });

  it('are one line of a namespace where nothing is to be said', async () => {
    const out =
      'NAMESPACE   LOOKUP    STREAMS   OPEN   SCHEDULED\nidle        enabled   0         0      0\n';
    expect(await status('-n idle')).toEqual({ code: 0, out, err: '' });
  });

  it('are of all namespaces that have to do with streams', async () => {
    const { code, out, err } = await status('-A');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`NAMESPACE   LOOKUP    STREAMS   OPEN   SCHEDULED
base        enabled   2         1      0
shop        enabled   2         1      1

NAMESPACE   WORKLOAD           CONTAINER   TAG             RUNS            STATE
base        cronjob/php        job         php:8           1111111111      current
shop        deployment/old     web         keycloak:20.0   aaaaaaaaaa      1 behind (since 2 months)
shop        deployment/web     web         keycloak:20.0   bbbbbbbbbb      current
shop        statefulset/name   web         keycloak:20.0   keycloak:20.0   not resolved

NAMESPACE   FAILING IMPORT   SINCE       NEXT TRY            REASON
shop        nagios:4.5       5 minutes   within 30 minutes   NotFound: dockerimage.image.openshift.io "quay.io/a/nagios:4.5" not found
`);
  });

  it('have more to say when they are wide', async () => {
    const { out } = await status('-n base -o wide');
    expect(out).toContain('PODS   KNOWN BY    IMAGE');
    expect(out).toContain(`0      pull spec   ${pinned('php', '1')}   current`);
    expect((await status('-o wide')).out).toContain(
      '\nSCHEDULED TAG   FROM\nnagios:4.5      quay.io/a/nagios:4.5\n',
    );
  });

  it('have colours on a terminal, in the last column', async () => {
    const { out } = await status('', { colour: true });
    expect(out).toContain('   \u001b[33m1 behind (since 2 months)\u001b[0m\n');
    expect(out).toContain('   \u001b[32mcurrent\u001b[0m\n');
    expect(out).toContain('   \u001b[31mNotFound: ');
    // eslint-disable-next-line no-control-regex -- the colours are what is taken out
    expect(out.replaceAll(/\u001b\[\d+m/g, '')).toBe(sections);
  });

  it('take names in files for what they are', async () => {
    const { out } = await status('', { kind: 'directory' });
    expect(out).toContain('statefulset/name   web         keycloak:20.0   keycloak:20.0   by name\n');
    expect(out).toContain('nagios:4.5       5 minutes   never ');
  });

  it('cannot command a terminal', async () => {
    const message = 'a\u001b[2Jb\nc';
    const [tag] = failing.status.tags;
    const conditions = [{ ...tag?.conditions[0], message }];
    const objects = memoryObjects([{ ...failing, status: { tags: [{ tag: '4.5', conditions }] } }]);
    expect((await status('', { objects })).out).toContain('NotFound: a^[[2Jb c\n');
  });
});

it('has one shape for scripts', async () => {
  const { out } = await status('-o json');
  expect(JSON.parse(out)).toEqual({
    apiVersion: 'pinstream.dev/v1',
    kind: 'Status',
    namespaces: [{ name: 'shop', lookup: 'enabled', exempt: false, streams: 2, open: 1 }],
    workloads: [
      row('Deployment', 'old', pinned('keycloak', 'a'), {
        state: 'behind',
        behind: 1,
        since: '2026-04-01T00:00:00Z',
      }),
      row('Deployment', 'web', pinned('keycloak', 'b'), { state: 'current' }),
      row('StatefulSet', 'name', 'keycloak:20.0', { state: 'unresolved', knownBy: 'name' }),
    ],
    failingImports: [
      {
        namespace: 'shop',
        stream: 'nagios',
        tag: '4.5',
        from: 'quay.io/a/nagios:4.5',
        since: '2026-05-31T23:55:00Z',
        reason: 'NotFound',
        message: 'dockerimage.image.openshift.io "quay.io/a/nagios:4.5" not found',
        nextTry: 'within 30 minutes',
      },
    ],
    scheduledTags: [{ namespace: 'shop', stream: 'nagios', tag: '4.5', from: 'quay.io/a/nagios:4.5' }],
  });
});

describe('streams of other namespaces', () => {
  const to = pinned('php', '1');
  const source = { kind: 'ImageStreamTag', namespace: 'base', name: 'php:8' };
  const record = JSON.stringify({ web: { from: 'base/php:8', to, source, reason: 'ImageStreamTag' } });
  const annotations = { 'pinstream.dev/resolved-images': record };
  const objects = [
    ...all.slice(0, 3),
    openStream('base', 'php', ['8']),
    workloadObject('Deployment', 'web', { images: { web: to }, annotations }),
  ];

  it('are read where a workload names them', async () => {
    const { out, err } = await status('', { objects: memoryObjects(objects) });
    expect(out).toMatch(/deployment\/web +web +base\/php:8 +1111111111 +current\n/);
    expect(err).toBe('');
  });

  it('are left open where they may not be read', async () => {
    const { code, out } = await status('', {
      objects: memoryObjects(objects, { forbidden: ['imagestreams.image.openshift.io'] }),
    });
    expect(code).toBe(0);
    expect(out).toMatch(/base\/php:8 +1111111111 +its stream may not be read\n/);
  });
});

describe('what may not be read', () => {
  it.each([
    [['pods'], '', 'you may not list pods: left out\n'],
    [['pods', 'jobs.batch'], '', 'you may not list jobs.batch, pods: left out\n'],
    [['pods'], '-A', 'you may not list pods: left out; -n NAMESPACE may be allowed\n'],
    [['namespaces'], '', 'you may not read namespaces: what their labels say of lookup is not known\n'],
    [['deploymentconfigs.apps.openshift.io'], '', ''],
  ])('%j with "%s" is a remark', async (forbidden, words, err) => {
    const run = await status(words, { objects: memoryObjects(all, { forbidden }) });
    expect({ ...run, out: run.out.includes('deployment/old') }).toEqual({ code: 0, out: true, err });
  });

  it('is no reason to say that there is nothing', async () => {
    const forbidden = ['imagestreams.image.openshift.io', 'namespaces'];
    const { code, out, err } = await status('-A', { objects: memoryObjects([], { forbidden }) });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(
      'you may not list imagestreams.image.openshift.io: left out; -n NAMESPACE may be allowed\n' +
        'you may not read namespaces: what their labels say of lookup is not known\n',
    );
  });

  it('is an error where something else is wrong', async () => {
    const list = () => Promise.reject(new Error('out of order'));
    const objects = { ...memoryObjects(all), list };
    expect(await status('', { objects })).toEqual({ code: 1, out: '', err: 'error: out of order\n' });
  });
});

it('says so where there is nothing at all', async () => {
  const err = 'there are no image streams, and nothing that uses one\n';
  expect(await status('-A', { objects: memoryObjects() })).toEqual({ code: 0, out: '', err });
});

function row(kind: string, name: string, image: string, more: object): object {
  const tag = { namespace: 'shop', name: 'keycloak:20.0' };
  const common = {
    namespace: 'shop',
    container: 'web',
    tag,
    knownBy: 'pullSpec',
    runs: [],
    rollingOut: false,
  };
  return { ...common, kind, name, image, ...more };
}
