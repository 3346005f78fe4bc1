import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtProgram } from '../support/built-program.ts';

/** The built program as a shell finds it, and streams in a folder. */
export interface CompletionFolder {
  /** Everything below is in here. */
  readonly root: string;
  /** For PATH: `pinstream` and `kubectl-pinstream`. */
  readonly bin: string;
  /** Two streams of `demo`, one of them not for a shell, and one of `other`. */
  readonly objects: string;
  readonly remove: () => Promise<void>;
}

const streams = `apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: { name: web, namespace: demo }
spec:
  tags:
    - name: "1"
      from: { kind: DockerImage, name: "reg.test/web:1" }
    - name: "1.1"
      from: { kind: DockerImage, name: "reg.test/web:1.1" }
---
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: { name: worker, namespace: demo }
spec:
  tags:
    - name: stable
      from: { kind: ImageStreamTag, name: "web:1" }
---
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: { name: db, namespace: other }
spec: {}
---
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: { name: "$(touch here)", namespace: demo }
spec: {}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop, namespace: demo }
`;

export async function completionFolder(): Promise<CompletionFolder> {
  const program = await builtProgram();
  const root = await mkdtemp(join(tmpdir(), 'pinstream-completion-'));
  const [bin, objects] = [join(root, 'bin'), join(root, 'objects')];
  await mkdir(bin);
  await mkdir(objects);
  for (const name of ['pinstream', 'kubectl-pinstream']) await symlink(program, join(bin, name));
  await writeFile(join(objects, 'streams.yaml'), streams);
  return { root, bin, objects, remove: () => rm(root, { recursive: true, force: true }) };
}
