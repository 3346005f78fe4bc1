import { resolveNamesAnnotation } from '../admission/annotations.ts';
import { askAll } from '../admission/ask.ts';
import { askedObject } from '../admission/asked-object.ts';
import { draftDecision } from '../admission/decide.ts';
import { workloadNamed } from '../commands/kinds.ts';
import type { ObjectKind } from '../commands/object-client.ts';
import { explain as explainDecision, explanationText, type Explanation } from '../report/explain.ts';
import { namespacesAsked } from '../report/streams-asked.ts';
import { kindNamed } from '../workload/kinds.ts';
import type { Decisions } from './backend.ts';
import { startTimer } from './decide.ts';
import { CommandError, UsageError } from './errors.ts';
import { bool, choice, text } from './flags.ts';
import { defineVerb } from './verb.ts';

export const explain = defineVerb({
  usage: 'IMAGE',
  help: `Tells the decision for one image step by step: which image stream its name asks for, whether that is open, which tag event
answers, which registries were asked, what rules say; and what to do where it is not pinned.`,
  examples: `# What would "keycloak:20.0" be in a Pod of the namespace shop?
pinstream explain keycloak:20.0 -n shop

# The same in a Job, for a script
pinstream explain keycloak:20.0 -n shop --kind Job -o json`,
  flags: {
    kind: text('KIND', 'kind of object that names the image (default: Pod)'),
    resolveNames: bool(
      "as if the object had the annotation alpha.image.policy.openshift.io/resolve-names: '*'",
    ),
    output: choice(['json'], 'for programs', { short: 'o' }),
  },
  completes: (index) => (index === 0 ? 'streamOrTag' : 'nothing'),
  run: async (args, { kind = 'Pod', resolveNames = false, output: format }, session) => {
    const [image, ...more] = args;
    if (image === undefined || image === '')
      throw new UsageError('an image is required, such as keycloak:20.0');
    if (more.length > 0) throw new UsageError(`one image at a time, not also "${more.join(' ')}"`);
    const workload = workloadNamed(kind);
    if (workload === undefined)
      throw new UsageError(`--kind ${kind} is no kind of workload, such as Deployment`);
    const backend = await session.backend();
    const object = naming(image, workload, resolveNames);
    const reading = askedObject(object, backend.namespace);
    if (!reading.ok) throw new CommandError(reading.message);
    const { request } = reading.asked;
    const namespaces = await namespacesAsked(
      [reading.asked],
      async () => (await backend.settings()).internalRegistryHostname,
    );
    const decisions = await backend.decisions(namespaces);
    const explanation = await explained(request, resolveNames, decisions);
    const { output } = session;
    for (const note of decisions.notes) output.err(`Note: ${note}\n`);
    output.out(
      format === 'json' ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(explanation),
    );
    return 0;
  },
});

async function explained(
  request: Parameters<typeof draftDecision>[0],
  force: boolean,
  { context, fallback }: Decisions,
): Promise<Explanation> {
  const draft = draftDecision(request, 'mutate', context);
  const answers =
    fallback === undefined ? [] : await askAll(draft, fallback, fallback.timeoutMs(), startTimer);
  const [image] = draft.conclude(answers).images;
  if (image === undefined) throw new Error('a decision about an object with one image has none');
  const [question] = draft.questions;
  const [first] = answers;
  return explainDecision({
    request,
    context,
    force,
    resolution: image.resolution,
    ...(question && { asked: { question, answers: first ?? [] } }),
  });
}

/** An object of a kind with one container of this image. */
function naming(image: string, { group, version, kind }: ObjectKind, resolveNames: boolean): object {
  const pod = { spec: { containers: [{ name: 'image', image }] } };
  const path = kindNamed(group, kind)?.template ?? [];
  const body = path.reduceRight<object>((inner, step) => ({ [step]: inner }), pod);
  const metadata = resolveNames ? { annotations: { [resolveNamesAnnotation]: '*' } } : {};
  return { ...body, apiVersion: group === '' ? version : `${group}/${version}`, kind, metadata };
}
