/** `npm run playground`: a control plane with Pinstream and the examples, for a person; Ctrl-C ends and removes it all. */
import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { startPinstream, type Pinstream } from './pinstream.ts';
import { applyExamples } from './story/examples.ts';
import { findTools } from './tools.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  say('playground: starting a Kubernetes API and Pinstream, some seconds …');
  const cluster = await startControlPlane();
  try {
    const pinstream = await startPinstream(cluster);
    await applyExamples(cluster);
    await letViewersAsk(cluster);
    say(welcome(cluster, pinstream));
    await interrupted();
    say('\nplayground: cleaning up …');
    await pinstream.stop();
  } finally {
    await cluster.stop();
  }
  say('playground: all ended and removed');
}

/** A dry run needs a token, and the admin of the kubeconfig has none: an account that may view myproject. */
async function letViewersAsk({ kubectl }: ControlPlane): Promise<void> {
  for (const line of [
    'create serviceaccount viewer -n myproject',
    'create rolebinding viewer --clusterrole=view --serviceaccount=myproject:viewer -n myproject',
  ]) {
    const { code, stderr } = await kubectl(line.split(' '));
    if (code !== 0) throw new Error(`kubectl ${line}: ${stderr}`);
  }
}

function welcome({ kubeconfigPath }: ControlPlane, { url, logPath }: Pinstream): string {
  return `
Ready: a Kubernetes API that asks Pinstream, with the namespaces and streams of examples/.
It has no nodes, so Pods stay Pending. In another terminal, in this folder:

  export KUBECONFIG=${kubeconfigPath}${pathToKubectl()}

Three commands to type:

  kubectl get imagestreams -A
  kubectl create deployment mykeycloak --image keycloak:20.0 -n myproject
  kubectl get deployments,replicasets,pods -n myproject -o custom-columns=KIND:.kind,NAME:.metadata.name,IMAGE:..image

A stream that is closed, and what would be admitted, without storing anything:

  kubectl run watcher --image nagios:4.5 -n myproject
  kubectl apply --dry-run=server -o yaml -f examples/job.yaml

The same from Pinstream's own dry run, with the reason:

  curl -sk -H 'Accept: text/plain' -H "Authorization: Bearer $(kubectl create token viewer -n myproject)" \\
    ${url}/dry-run --data-binary @examples/job.yaml

Pinstream's log: ${logPath}

Ctrl-C ends and removes everything.`;
}

/** The line that makes the kubectl of the tests callable, when there is no other. */
function pathToKubectl(): string {
  const tools = findTools(['kubectl']);
  if (tools.kind === 'missing' || (process.env.PATH ?? '').split(delimiter).some(hasKubectl)) return '';
  return `\n  export PATH="$PATH:${dirname(tools.paths.kubectl)}"`;
}

function hasKubectl(folder: string): boolean {
  try {
    accessSync(join(folder, 'kubectl'), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Waits for a signal to end. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    // The servers do not keep this process alive; this does.
    const idle = setInterval(() => undefined, 3_600_000);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        clearInterval(idle);
        resolve();
      });
    }
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`playground: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
