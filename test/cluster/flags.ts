import { join } from 'node:path';

/** Where everything of one control plane lies on disk. */
export interface Files {
  readonly dir: string;
  readonly pkiFolder: string;
  readonly logFolder: string;
  /** A file of certificates and keys. */
  pki(name: string): string;
  log(component: string): string;
  readonly etcdData: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly adminKubeconfig: string;
}

export interface Ports {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
}

/** The layout of the control plane's folder. */
export function filesIn(dir: string): Files {
  return {
    dir,
    pkiFolder: join(dir, 'pki'),
    logFolder: join(dir, 'logs'),
    pki: (name) => join(dir, 'pki', name),
    log: (component) => join(dir, 'logs', `${component}.log`),
    etcdData: join(dir, 'etcd'),
    auditPolicy: join(dir, 'audit-policy.json'),
    auditLog: join(dir, 'audit.log'),
    adminKubeconfig: join(dir, 'kubeconfig'),
  };
}

/** etcd, without the fsync that only data worth keeping needs. */
export function etcdFlags(files: Files, { etcdClient, etcdPeer }: Ports): string[] {
  const client = `http://127.0.0.1:${etcdClient}`;
  const peer = `http://127.0.0.1:${etcdPeer}`;
  return [
    `--data-dir=${files.etcdData}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--max-request-bytes=10485760',
    '--quota-backend-bytes=4294967296',
  ];
}

/** kube-apiserver on loopback, with client certificates, RBAC, both kinds of admission webhooks, aggregation and an audit log. */
export function apiServerFlags(files: Files, { etcdClient, apiServer }: Ports): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdClient}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${apiServer}`,
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.3.0.0/16',
    '--allow-privileged=true',
    `--client-ca-file=${files.pki('ca.crt')}`,
    `--tls-cert-file=${files.pki('apiserver.crt')}`,
    `--tls-private-key-file=${files.pki('apiserver.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.pki('service-account.pub')}`,
    `--service-account-signing-key-file=${files.pki('service-account.key')}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction,MutatingAdmissionWebhook,ValidatingAdmissionWebhook',
    `--requestheader-client-ca-file=${files.pki('front-proxy-ca.crt')}`,
    '--requestheader-allowed-names=',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${files.pki('front-proxy-client.crt')}`,
    `--proxy-client-key-file=${files.pki('front-proxy-client.key')}`,
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
  ];
}

/** kube-controller-manager, which nobody needs to reach: it serves nothing. */
export function controllerManagerFlags(files: Files): string[] {
  return [
    `--kubeconfig=${files.adminKubeconfig}`,
    '--secure-port=0',
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    // Its own limits spread the start of the controllers over five seconds.
    '--kube-api-qps=1000',
    '--kube-api-burst=1000',
    `--service-account-private-key-file=${files.pki('service-account.key')}`,
    `--root-ca-file=${files.pki('ca.crt')}`,
  ];
}
