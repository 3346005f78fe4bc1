import jsonpatch from 'fast-json-patch';
import { stringify } from 'yaml';
import type { PatchOperation } from '../admission/decision.ts';
import type { AskedObject, ObjectResult } from './dry-run.ts';

/** The object as it would be admitted: what people see is what the patch does. The given object stays as it is. */
export function patched(object: unknown, patch: readonly PatchOperation[]): unknown {
  if (patch.length === 0) return object;
  return jsonpatch.applyPatch(object, [...patch], false, false).newDocument;
}

/** The objects as they would be admitted, as YAML documents; a denied one leaves a comment that says why. */
export function admittedYaml(asked: readonly AskedObject[], results: readonly ObjectResult[]): string {
  const documents = results.map(({ allowed, patch, warnings, kind, name, message = '' }, index) => {
    const comments = warnings.map((warning) => `# warning: ${warning}\n`).join('');
    if (!allowed) return `# ${kind} ${name} would be denied: ${message.replace(/\s+/g, ' ')}\n`;
    return (
      comments +
      stringify(patched(asked[index]?.object, patch), { lineWidth: 0, aliasDuplicateObjects: false })
    );
  });
  return documents.join('---\n');
}
