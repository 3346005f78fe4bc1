import { describe, expect, test } from '@jest/globals';
import jsonpatch from 'fast-json-patch';
import { decide } from '../../src/admission/decide.ts';
import type { AdmissionContext } from '../../src/admission/settings.ts';
import type { Denial } from '../../src/admission/decision.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import {
  clusterOf,
  configs,
  deviations,
  expectationOf,
  expectedImages,
  imagesIn,
  integratedRegistry,
  requestOf,
  vectors,
  type AdmissionVector,
} from '../support/admission-vectors.ts';

function contextOf(vector: AdmissionVector): AdmissionContext {
  const index = new ObjectIndex();
  const { streams, images, namespaces } = clusterOf(vector);
  for (const stream of streams) index.put('ImageStream', stream);
  for (const image of images) index.put('Image', image);
  for (const namespace of namespaces) index.put('Namespace', namespace);
  const configuration = {
    imagePolicy: configs[vector.config],
    internalRegistryHostname: integratedRegistry,
  };
  return {
    images: index,
    namespaces: index,
    settings: admissionSettings(parseConfiguration(JSON.stringify(configuration), 'configuration')),
  };
}

/** A denial in the words of the vectors: `policy` is the bare refusal, `resolution` one with an error behind a colon. */
function denialSummary(denial: Denial | undefined) {
  return (
    denial && {
      httpStatus: denial.code,
      reason: denial.reason,
      causes: denial.causes.map(({ field, reason, message }) => ({
        field,
        type: reason,
        detail: message.endsWith('prohibited by policy') ? 'policy' : 'resolution',
      })),
    }
  );
}

describe('admission decides as upstream does', () => {
  test.each(vectors.map((vector) => [vector.id, vector.description, vector] as const))(
    '%s %s',
    (_id, _text, vector) => {
      const {
        object,
        oldObject,
        resource,
        subResource = '',
        kind,
        name,
        namespace,
        operation,
      } = requestOf(vector);
      const request = {
        operation,
        resource,
        subResource,
        kind: kind.kind,
        namespace,
        name,
        object,
        oldObject,
      };
      const context = contextOf(vector);

      const decision = decide(request, 'mutate', context);
      expect(denialSummary(decision.denial)).toEqual(expectationOf(vector).denied);
      if (decision.denial !== undefined || object === null) return;

      const admitted = jsonpatch.applyPatch(object, [...decision.patch], true, false).newDocument;
      expect(imagesIn(vector, admitted)).toEqual(expectedImages(vector));
      expect(decide({ ...request, object: admitted }, 'mutate', context).patch).toEqual([]);
      expect(decide({ ...request, object: admitted }, 'validate', context).denial).toBeUndefined();
    },
  );
});

test.each(Object.entries(deviations))('%s departs from upstream: %o', (id) => {
  const vector = vectors.find((candidate) => candidate.id === id);
  expect(vector && expectationOf(vector)).not.toEqual(vector?.expect);
});
