/** `npm run playground`: a control plane with Pinstream and the examples, for a person; Ctrl-C ends and removes it all. */
import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { pushImage, pushIndex } from '../support/oci-images.ts';
import { configurationOf, startController, type Controller } from './importer/controller.ts';
import { startPinstream, type Pinstream } from './pinstream.ts';
import { startRegistry, type Registry } from './registry.ts';
import { applyExamples } from './story/examples.ts';
import { findTools } from './tools.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  say('playground: starting a Kubernetes API, a registry and Pinstream, some seconds …');
  const cluster = await startControlPlane();
  const registry = await startRegistry();
  try {
    const pinstream = await startPinstream(cluster);
    await applyExamples(cluster);
    await letViewersAsk(cluster);
    await fill(registry);
    // After the examples, whose histories are applied by hand: their registries cannot be asked from everywhere.
    const controller = await startController(cluster, { configuration: configurationOf(imports) });
    say(welcome(cluster, pinstream, registry, controller));
    await interrupted();
    say('\nplayground: cleaning up …');
    await controller.end();
    await pinstream.stop();
  } finally {
    await registry.remove();
    await cluster.stop();
  }
  say('playground: all ended and removed');
}

const imports = { scheduledInterval: '30s' };

/** Two versions of an image, and one for two platforms. */
async function fill(registry: Registry): Promise<void> {
  const amd64 = { os: 'linux', architecture: 'amd64' };
  const arm64 = { os: 'linux', architecture: 'arm64' };
  const labels = (version: string) => ({ 'org.opencontainers.image.version': version });
  await pushImage(registry, 'crew/web', '1.0', { ...amd64, labels: labels('1.0') });
  const parts = [amd64, arm64].map((platform) =>
    pushImage(registry, 'crew/web', undefined, { ...platform, labels: labels('1.1') }),
  );
  await pushIndex(registry, 'crew/web', '1.1', await Promise.all(parts), 'oci');
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

function welcome(
  { kubeconfigPath }: ControlPlane,
  { url, logPath }: Pinstream,
  { host }: Registry,
  controller: Controller,
): string {
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

A stream of your own: say where a tag comes from, and the importer does the rest. A registry at ${host} has
crew/web:1.0 and crew/web:1.1.

kubectl apply -n myproject -f - <<EOF
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: {name: web}
spec:
  lookupPolicy: {local: true}
  tags:
  - {name: stable, from: {kind: DockerImage, name: "${host}/crew/web:1.0"}, importPolicy: {insecure: true}}
EOF

  kubectl get is web -n myproject -o jsonpath='{range .status.tags[*].items[*]}{.generation} {.dockerImageReference}{"\\n"}{end}'

Move the tag (1.0 to 1.1 in the lines above, apply again), and look at its history, at what happened, at what runs next:

  kubectl get events -n myproject
  kubectl create deployment web --image web:stable -n myproject --dry-run=server -o jsonpath='{..image}'

Pinstream's logs: ${logPath}
                  ${controller.logPath}

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
