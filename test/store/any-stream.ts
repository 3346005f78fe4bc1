import fc from 'fast-check';

/** The raw stream `shop/app` with these tags. */
export const rawStream = (
  specTags: readonly object[],
  statusTags: readonly object[],
  status: object = {},
) => ({
  metadata: { namespace: 'shop', name: 'app' },
  spec: { lookupPolicy: { local: true }, tags: specTags },
  status: { ...status, tags: statusTags },
});

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 5 }));
const absentOr = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
// Few of each, so that they come again in other tags and streams.
const tagName = fc.oneof(fc.constantFrom('1.0', '1.1', 'latest', 'absent'), text);
const place = fc.constantFrom('quay.io/team/app', 'docker.io/library/app', '');
const digest = fc.oneof(
  fc.nat({ max: 40 }).map((number) => `sha256:${number.toString(16).padStart(64, '0')}`),
  fc.constantFrom('', 'sha256:', `sha256:${'G'.repeat(64)}`, `sha512:${'b'.repeat(128)}`, 'app@1'),
);
const time = fc.oneof(
  fc.nat({ max: 2_000_000_000 }).map((seconds) => new Date(seconds * 1000).toISOString().replace('.000', '')),
  fc.constantFrom('', '2026-02-29T00:00:00Z', '2024-02-29T23:59:59Z', '9999-12-31T23:59:59Z'),
  text,
);
const generation = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.constantFrom(-1, 127, 128, 2 ** 31, Number.MAX_SAFE_INTEGER, 2 ** 60),
  fc.constant('odd'),
);

const event = fc
  .record({ created: absentOr(time), place, digest, odd: absentOr(text), generation: absentOr(generation) })
  .map(({ place: where, digest: image, odd, ...rest }) => ({
    ...rest,
    image,
    dockerImageReference: odd ?? `${where}@${image}`,
  }));

const specTag = fc.record({
  name: tagName,
  annotations: absentOr(fc.dictionary(text, text)),
  from: absentOr(
    fc.oneof(
      fc.record({ kind: fc.constant('DockerImage'), name: tagName.map((tag) => `quay.io/team/app:${tag}`) }),
      fc.record({ kind: text, name: text, namespace: absentOr(text) }),
    ),
  ),
  reference: fc.boolean(),
  generation: absentOr(generation),
  referencePolicy: fc.constantFrom({ type: 'Local' }, { type: 'Source' }),
});

const statusTag = fc.record({
  tag: tagName,
  items: fc.oneof(
    { weight: 30, arbitrary: fc.array(event, { maxLength: 6 }) },
    // More than a run of flags can be.
    { weight: 1, arbitrary: fc.array(event, { minLength: 300, maxLength: 300 }) },
  ),
});

/** The stream `shop/app` in any shape, raw: usual ones, and odd ones. */
export const anyStream = fc
  .record({
    specTags: fc.array(specTag, { maxLength: 5 }),
    statusTags: fc.array(statusTag, { maxLength: 5 }),
    dockerImageRepository: absentOr(text),
    publicDockerImageRepository: absentOr(text),
  })
  .map(({ specTags, statusTags, ...status }) => rawStream(specTags, statusTags, status));
