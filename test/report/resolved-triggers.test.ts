import { expect, it } from '@jest/globals';
import { decide } from '../../src/admission/decide.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { readAskedInput, resolvedText } from '../../src/report/resolved-input.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { closedStream, openStream, pinned } from '../support/objects.ts';

/** A manifest whose container `web` follows a tag; `web` is what stands below its name. */
const manifest = (side: string, web: string) => `# the shop
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    image.openshift.io/triggers: |
      [{"from": {"kind": "ImageStreamTag", "name": "web:v1"},
        "fieldPath": "spec.template.spec.containers[?(@.name=='web')].image"}]
spec:
  template:
    spec:
      containers:
        - name: side # first
          image: ${side}
        - name: web
${web}`;

const port = '          ports: [{containerPort: 80}] # the only one\n';
const image = (text: string) => `          image: ${text}\n`;
const [side, web] = [pinned('side', '1'), pinned('web', '1')];

function resolve(text: string): unknown {
  const reading = readAskedInput('file', text, 'shop');
  if (!reading.ok) return reading;
  const index = new ObjectIndex();
  for (const stream of [closedStream('shop', 'web', ['v1']), openStream('shop', 'side', ['v1'])]) {
    index.put('ImageStream', stream);
  }
  const settings = admissionSettings(parseConfiguration('', 'test'));
  const objects = reading.input.objects.map((object) => ({
    ...object,
    decision: decide(object.asked.request, 'mutate', { images: index, namespaces: index, settings }),
  }));
  return resolvedText(text, objects);
}

it.each([
  ['a placeholder', image('web:latest') + port, image(web) + port],
  ['an empty text', image('""') + port, image(`"${web}"`) + port],
  ['no image', port, port + image(web)],
])('a triggered container gets its image in a file, every other byte kept: %s', (_title, before, after) => {
  expect(resolve(manifest('side:v1', before))).toEqual({ ok: true, text: manifest(side, after) });
});
