import { imageStreams } from '../commands/kinds.ts';
import { newStream } from '../commands/stream-object.ts';
import { operationLine } from '../printers/name.ts';
import { printJson, printName, printYaml } from '../printers/objects.ts';
import { UsageError } from './errors.ts';
import { bool, choice } from './flags.ts';
import { defineVerb } from './verb.ts';

const printers = { name: printName, json: printJson, yaml: printYaml };

export const createStream = defineVerb({
  usage: 'NAME',
  help: 'Makes an empty image stream; its tags come with tag, import-image or create istag.',
  examples: `# An image stream whose tags are used by short names in its namespace
pinstream create is keycloak --lookup-local`,
  flags: {
    lookupLocal: bool('open it for short names in its namespace'),
    dryRun: choice(['none', 'client', 'server'], 'say what would be done, and do not', { alone: 'client' }),
    output: choice(['name', 'json', 'yaml'], 'print it in this form', { short: 'o' }),
  },
  run: async (args, given, session) => {
    const [name, ...more] = args;
    if (name === undefined || more.length > 0) {
      throw new UsageError(`exactly one NAME is required, got ${args.length}`);
    }
    const { objects, namespace } = await session.backend();
    const { dryRun = 'none' } = given;
    const stream = newStream({ namespace, name }, [], given.lookupLocal === true);
    const created = await objects.create(imageStreams, stream, { dryRun });
    const named = { apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', name };
    session.output.out(
      given.output === undefined ? operationLine(named, 'created', dryRun) : printers[given.output](created),
    );
    return 0;
  },
});
