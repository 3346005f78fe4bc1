import jsonpatch from 'fast-json-patch';
import { stringify } from 'yaml';
import type { PatchOperation } from '../admission/decision.ts';
import type { DescribedObject, DryRunResult } from './dry-run.ts';

/** The object as it would be admitted: what people see is what the patch does. The given object stays as it is. */
export function patched(object: unknown, patch: readonly PatchOperation[]): unknown {
  if (patch.length === 0) return object;
  return jsonpatch.applyPatch(object, [...patch], false, false).newDocument;
}

/** The objects as they would be admitted, as YAML documents. What else there is to say, and why one is denied, are comments. */
export function admittedYaml(
  asked: readonly DescribedObject[],
  { objects, notes = [] }: DryRunResult,
): string {
  const documents = objects.map(({ allowed, patch, warnings, kind, name, message = '' }, index) => {
    if (!allowed) return comment(`${kind} ${name} would be denied: ${message}`);
    const admitted = patched(asked[index]?.object, patch);
    return (
      warnings.map((warning) => comment(`warning: ${warning}`)).join('') +
      stringify(admitted, { lineWidth: 0, aliasDuplicateObjects: false })
    );
  });
  return notes.map((note) => comment(`note: ${note}`)).join('') + documents.join('---\n');
}

/** One line, whatever names it holds: the rest of them would be read as YAML. */
function comment(text: string): string {
  return `# ${text.replace(/[\s\u0085]+/g, ' ')}\n`;
}
