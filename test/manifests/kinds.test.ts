import { describe, expect, test } from '@jest/globals';
import { at, fields, list, readObject, readObjects, text, yamlFiles, type Fields } from './files.ts';
import { misfits, undescribed, unstructured } from './schema.ts';

const crds = ['imagestreams', 'images'].map((name) => readObject(`manifests/crd/${name}.yaml`));
const schemaOf = (crd: Fields): Fields => fields(at(crd, 'spec.versions.0.schema.openAPIV3Schema'));
const streamSchema = schemaOf(fields(crds[0]));
const specTag = fields(at(streamSchema, 'properties.spec.properties.tags.items.properties'));

describe.each(crds.map((crd) => [text(at(crd, 'metadata.name')), schemaOf(crd)] as const))(
  '%s',
  (_name, schema) => {
    test('is structural', () => expect(unstructured(schema)).toEqual([]));
    test('explains every field', () => expect(undescribed(schema)).toEqual([]));
  },
);

test('ImageStream has the names that people of OpenShift type', () => {
  expect(at(crds[0], 'spec.names')).toMatchObject({ shortNames: ['is'], categories: ['all'] });
  expect(at(crds[0], 'spec.versions.0.subresources')).toEqual({ status: {} });
});

test.each([
  ['spec', 'name'],
  ['status', 'tag'],
])('%s.tags is a map by %s', (part, key) => {
  expect(at(streamSchema, `properties.${part}.properties.tags`)).toMatchObject({
    nullable: true,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': [key],
  });
});

test('histories are replaced as a whole', () => {
  const items = at(streamSchema, 'properties.status.properties.tags.items.properties.items');
  expect(items).toMatchObject({ nullable: true, 'x-kubernetes-list-type': 'atomic' });
});

test('what the importer has answered for the stream as a whole is kept', () => {
  const observed = {
    deleteRequestedAt: '2026-11-21T10:00:00Z',
    checkRequestedAt: '2026-11-21T10:00:00Z',
    repository: {
      name: 'quay.io/keycloak/keycloak',
      generation: 2,
      requestedAt: '2026-11-21T10:00:00Z',
      additionalTags: 17,
      conditions: [
        { type: 'ImportSuccess', status: 'False', reason: 'NotFound', message: '…', generation: 2 },
      ],
    },
  };
  expect(misfits(streamSchema, { status: { observed } })).toEqual([]);
});

test('no default is set inside a tag', () => expect(JSON.stringify(specTag)).not.toContain('"default"'));

test('every rule has a message', () => {
  const rules = JSON.stringify(crds).match(/"rule":/g)?.length;
  expect(JSON.stringify(crds).match(/"message":"/g)?.length).toBeGreaterThanOrEqual(rules ?? Infinity);
});

describe('the examples', () => {
  const streams = yamlFiles('examples/imagestreams').flatMap(readObjects);
  const named = streams.map(
    (stream) =>
      [`${text(at(stream, 'metadata.namespace'))}/${text(at(stream, 'metadata.name'))}`, stream] as const,
  );

  test.each(named)('%s fits the schema', (_name, stream) =>
    expect(misfits(streamSchema, stream)).toEqual([]),
  );

  test.each(named)('%s has a history for every tag, pinned, newest first', (_name, stream) => {
    const tags = list(at(stream, 'status.tags')).map(fields);
    expect(tags.map(({ tag }) => tag)).toEqual(
      list(at(stream, 'spec.tags'))
        .map((tag) => fields(tag).name)
        .sort(),
    );
    for (const { items } of tags) {
      const history = list(items).map(fields);
      for (const { dockerImageReference, image } of history) {
        expect(image).toMatch(/^sha256:[0-9a-f]{64}$/);
        expect(text(dockerImageReference).split('@')[1]).toBe(image);
      }
      const times = history.map(({ created }) => text(created));
      expect(times).toEqual([...times].sort().reverse());
    }
  });

  test('keycloak and zabbix-agent are open for lookup, nagios and php are not', () => {
    const open = streams.map((stream) => [
      at(stream, 'metadata.name'),
      at(stream, 'spec.lookupPolicy.local'),
    ]);
    expect(Object.fromEntries(open)).toEqual({
      keycloak: true,
      nagios: false,
      php: false,
      'zabbix-agent': true,
    });
  });

  test('`latest` of php is an alias and has the image that it follows', () => {
    const php = fields(streams.find((stream) => at(stream, 'metadata.name') === 'php'));
    const newest = (name: string): unknown => {
      const tag = list(at(php, 'status.tags')).find((entry) => fields(entry).tag === name);
      return at(tag, 'items.0');
    };
    expect(newest('latest')).toEqual(newest('8.0-ubi8'));
    const latest = list(at(php, 'spec.tags')).find((tag) => fields(tag).name === 'latest');
    expect(fields(latest).from).toEqual({ kind: 'ImageStreamTag', name: '8.0-ubi8' });
  });

  test('every workload lives in myproject', () => {
    const workloads = ['deployment', 'pod', 'job', 'cronjob'].map((name) =>
      readObject(`examples/${name}.yaml`),
    );
    expect(workloads.map(({ kind }) => kind)).toEqual(['Deployment', 'Pod', 'Job', 'CronJob']);
    for (const workload of workloads) expect(at(workload, 'metadata.namespace')).toBe('myproject');
  });
});

describe('the schema check of these tests', () => {
  test.each([
    ['a wrong type', { spec: { tags: {} } }, ['.spec.tags: not of type array']],
    ['an unknown field', { spec: { tag: [] } }, ['.spec.tag: unknown']],
    [
      'a missing name',
      { spec: { tags: [{ from: { kind: 'DockerImage' } }] } },
      ['.spec.tags[0].name: required', '.spec.tags[0].from.name: required'],
    ],
    [
      'a value outside the enum',
      { spec: { tags: [{ name: 'a', from: { kind: 'X', name: 'x' } }] } },
      ['.spec.tags[0].from.kind: not one of the enum'],
    ],
    ['a null where one may be', { spec: { tags: null } }, []],
    ['a null where none may be', { spec: null }, ['.spec: null']],
  ])('finds %s', (_title, stream, expected) => expect(misfits(streamSchema, stream)).toEqual(expected));
});
