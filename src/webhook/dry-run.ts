import { decideAsking } from '../admission/ask.ts';
import { askedObject, type AskedObject } from '../admission/asked-object.ts';
import { placeText, readDocuments } from '../manifest/documents.ts';
import { admittedYaml } from '../report/admitted.ts';
import { dryRunResult } from '../report/dry-run.ts';
import { dryRunTable } from '../report/table.ts';
import { startTimer, type AdmitPorts } from './admit.ts';
import { failure, type Status } from './status.ts';

/** Who may ask what a namespace would admit. */
export interface DryRunAccess {
  /**
   * @param token the request's bearer token; undefined: none
   * @returns undefined when all of the namespaces may be asked about; else what is missing
   */
  refusal(token: string | undefined, namespaces: readonly string[]): Promise<AccessRefusal | undefined>;
}

export interface AccessRefusal {
  readonly code: 401 | 403;
  readonly message: string;
}

export interface DryRunPorts extends Pick<AdmitPorts, 'context' | 'undecided' | 'fallback'> {
  readonly access: DryRunAccess;
  /** What qualifies all answers at the moment. */
  readonly notes: () => readonly string[];
}

export const dryRunFormats = ['application/json', 'application/yaml', 'text/plain'] as const;
export type DryRunFormat = (typeof dryRunFormats)[number];

export interface DryRunQuestion {
  readonly text: string;
  /** For objects that name none. */
  readonly namespace: string;
  readonly token: string | undefined;
  readonly format: DryRunFormat;
}

export type DryRunAnswer =
  | { readonly code: 200; readonly body: string }
  | { readonly code: 400 | 401 | 403 | 413 | 503; readonly body: Status };

/** YAML is read in one go, a second or so for this much, and reviews wait meanwhile. JSON takes a hundredth of that. */
const yamlMax = 1024 * 1024;

/** Says what objects would be admitted as, by the very decision that admission makes; nothing is written. */
export async function dryRun(question: DryRunQuestion, ports: DryRunPorts): Promise<DryRunAnswer> {
  const reason = ports.undecided();
  if (reason !== undefined)
    return { code: 503, body: failure(503, `Pinstream cannot decide yet: ${reason}`) };
  // Before anything is read: what strangers send must cost nothing.
  const unknown = await ports.access.refusal(question.token, []);
  if (unknown !== undefined) return { code: unknown.code, body: failure(unknown.code, unknown.message) };
  const documents = readDocuments(question.text, yamlMax);
  if (!documents.ok) {
    if (documents.reason === 'size')
      return { code: 413, body: failure(413, `${documents.message}; ${asJson}`) };
    return { code: 400, body: failure(400, `${placeText(documents.place)}: ${documents.message}`) };
  }
  const asked: AskedObject[] = [];
  for (const [index, object] of documents.objects.entries()) {
    const subject = askedObject(object, question.namespace);
    if (!subject.ok) return { code: 400, body: failure(400, `object ${index + 1}: ${subject.message}`) };
    asked.push(subject.asked);
  }
  const namespaces = [...new Set(asked.map(({ request }) => request.namespace))];
  const refused = await ports.access.refusal(question.token, namespaces);
  if (refused !== undefined) return { code: refused.code, body: failure(refused.code, refused.message) };
  const context = ports.context();
  const decided = await Promise.all(
    asked.map(async (subject) => ({
      asked: subject,
      decision: await decideAsking(subject.request, context, ports.fallback, startTimer),
    })),
  );
  const result = dryRunResult(decided, [...ports.notes(), ...emptyNote(asked)]);
  switch (question.format) {
    case 'application/json':
      return { code: 200, body: `${JSON.stringify(result, null, 2)}\n` };
    case 'application/yaml':
      return { code: 200, body: admittedYaml(asked, result) };
    case 'text/plain':
      return { code: 200, body: dryRunTable(result) };
  }
}

const asJson =
  'send JSON (kubectl create --dry-run=client -o json -f FILE), or the objects in several requests';

/** "Allowed" for nothing at all deserves a word: it is most often a mistake on the way here. */
function emptyNote(asked: readonly AskedObject[]): readonly string[] {
  return asked.length > 0
    ? []
    : ['the input holds no object (curl sends a file as it is with --data-binary, not with -d)'];
}
