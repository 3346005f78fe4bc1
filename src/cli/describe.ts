import { imageTargets, type ImageTarget } from '../commands/image-targets.ts';
import { objectAt, type JsonObject } from '../json/untyped.ts';
import { describeImage } from '../printers/describe-image.ts';
import type { Backend } from './backend.ts';
import { describeStreamHere } from './describe-texts.ts';
import { errorText, UsageError } from './errors.ts';
import { bool } from './flags.ts';
import { imageObjectsOf } from './image-objects.ts';
import { imageCompletion } from './image-completion.ts';
import { defineVerb } from './verb.ts';

export const describe = defineVerb({
  usage: '(is|istag|isimage) [NAME ...] | TYPE/NAME ...',
  help: `Tells all of image streams (is): where each tag comes from, its history with the present image marked by a star, and why
its last import failed; of a tag (istag) or an image of a stream's history (isimage): what is in the image.`,
  examples: `# All of an image stream
pinstream describe is keycloak

# What is in the image that a tag stands for
pinstream describe istag keycloak:20.0`,
  flags: { allNamespaces: bool('of all namespaces', { short: 'A' }) },
  completes: imageCompletion(),
  run: async (args, given, session) => {
    const targets = imageTargets(args);
    if (!targets.ok) throw new UsageError(targets.message);
    const backend = await session.backend();
    const namespace = given.allNamespaces === true ? undefined : backend.namespace;
    const { output, now } = session;
    let code = 0;
    const texts: string[] = [];
    for (const target of targets.value) {
      try {
        for (const object of await imageObjectsOf(target, namespace, backend)) {
          texts.push(await describeOne(target, object, backend, now()));
        }
      } catch (error) {
        if (target.name === undefined || targets.value.length === 1) throw error;
        output.err(errorText(error, 'pinstream describe').text);
        code = 1;
      }
    }
    output.out(texts.join('\n\n'));
    if (texts.length === 0 && code === 0) {
      output.err(`No resources found${namespace === undefined ? '' : ` in ${namespace} namespace.`}\n`);
    }
    return code;
  },
});

function describeOne(
  { resource }: ImageTarget,
  object: JsonObject,
  backend: Backend,
  now: number,
): Promise<string> | string {
  if (resource === 'imagestreams') return describeStreamHere(object, backend, now);
  return describeImage(objectAt(object, 'image'), now);
}
