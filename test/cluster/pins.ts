import { readFileSync } from 'node:fs';

/** The programs that the test control plane consists of. */
export const controlPlaneTools = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;
export type ControlPlaneTool = (typeof controlPlaneTools)[number];

/** All programs that suites ask for; none needs all of them. */
export const toolNames = [...controlPlaneTools, 'registry', 'helm', 'promtool'] as const;
export type ToolName = (typeof toolNames)[number];

/** Which Go package a tool is, and which folder under tools/ pins the version of its module. */
interface Source {
  readonly folder: string;
  readonly goModule: string;
  readonly goPackage: string;
  /** Build tags. */
  readonly tags?: string;
}

/** A source at the version that its folder's go.mod requires (`v1.36.3`). */
export interface Pin extends Source {
  readonly version: string;
}

function kubernetes(command: string): Source {
  return {
    folder: 'kubernetes',
    goModule: 'k8s.io/kubernetes',
    goPackage: `k8s.io/kubernetes/cmd/${command}`,
  };
}

const sources: Readonly<Record<ToolName, Source>> = {
  etcd: { folder: 'etcd', goModule: 'go.etcd.io/etcd/server/v3', goPackage: 'go.etcd.io/etcd/server/v3' },
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  kubectl: kubernetes('kubectl'),
  registry: {
    folder: 'distribution',
    goModule: 'github.com/distribution/distribution/v3',
    goPackage: 'github.com/distribution/distribution/v3/cmd/registry',
  },
  helm: { folder: 'helm', goModule: 'helm.sh/helm/v4', goPackage: 'helm.sh/helm/v4/cmd/helm' },
  promtool: {
    folder: 'promtool',
    goModule: 'github.com/prometheus/prometheus',
    goPackage: 'github.com/prometheus/prometheus/cmd/promtool',
    // Without the clients of all clouds, which make most of the program.
    tags: 'remove_all_sd',
  },
};

/** Whether a tool is one of the control plane's, which `KUBEBUILDER_ASSETS` may hold. */
export function isControlPlaneTool(tool: ToolName): tool is ControlPlaneTool {
  return (controlPlaneTools as readonly ToolName[]).includes(tool);
}

/** The folder of the Go module that pins and builds a tool. */
export function moduleFolder(pin: Pin): URL {
  return new URL(`./tools/${pin.folder}/`, import.meta.url);
}

/**
 * Where a tool comes from and its version, read from go.mod so that the version stands in one place only.
 * Throws when go.mod does not require the module.
 */
export function pinOf(tool: ToolName): Pin {
  const source = sources[tool];
  const goMod = readFileSync(new URL(`./tools/${source.folder}/go.mod`, import.meta.url), 'utf8');
  const words = goMod.split('\n').map((line) =>
    line
      .trim()
      .split(/\s+/)
      .filter((word) => word !== 'require'),
  );
  const version = words.find(([name, second]) => name === source.goModule && second?.startsWith('v'))?.[1];
  if (version === undefined) {
    throw new Error(`test/cluster/tools/${source.folder}/go.mod does not require ${source.goModule}`);
  }
  return { ...source, version };
}
