import { InvalidArgumentError, Option, type Command } from 'commander';
import { logLevels, type LogLevel } from '../telemetry/log.ts';

/** The server's flags as given; what is not given is absent. */
export interface ServerFlags {
  readonly objects?: string;
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly metricsPort?: number;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly clientCaFile?: string;
  readonly kubeconfig?: string;
  readonly debugEndpoints?: boolean;
  readonly logLevel?: LogLevel;
  readonly import?: boolean;
  readonly registryConfig?: string;
  readonly registryCerts?: string;
  readonly triggers?: boolean;
}

/** Adds the flags of the server verbs. */
export function addServerFlags(command: Command): Command {
  return command
    .option(
      '--objects <dir>',
      'serve the objects of a folder of YAML or JSON; without it, those of the cluster',
    )
    .option('--config <file>', 'configuration file (docs/configuration.md)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1 with --objects, else 0.0.0.0)')
    .option('--port <number>', 'HTTPS port (default: 8443)', portNumber)
    .option(
      '--metrics-port <number>',
      'plain HTTP port of /metrics, /healthz, /readyz; 0: off (default: 9090)',
      portNumber,
    )
    .option(
      '--debug-endpoints',
      'answer /debug/state, /debug/cpu-profile and /debug/heap-snapshot on the metrics port, to callers on this machine only',
    )
    .option('--tls-cert-file <file>', 'serving certificate, PEM; reloaded when it changes')
    .option('--tls-private-key-file <file>', 'its private key, PEM')
    .option(
      '--client-ca-file <file>',
      'answer /mutate and /validate only for callers with a certificate of this CA, PEM',
    )
    .option(
      '--kubeconfig <file>',
      'how to reach the cluster (default: KUBECONFIG, ~/.kube/config, service account)',
    )
    .addOption(
      new Option('--log-level <level>', 'least level that is logged (default: info)').choices(logLevels),
    )
    .option(
      '--import',
      'import images into the streams (default: where a cluster serves the image streams of our CRDs)',
    )
    .option('--no-import', 'do not import')
    .option(
      '--registry-config <file>',
      'docker configuration with credentials for all namespaces (default: $REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json, ~/.docker/config.json)',
    )
    .option(
      '--registry-certs <dir>',
      'authorities to trust, by registry: DIR/HOST[:PORT]/*.crt, or files named HOST or HOST..PORT',
    )
    .option('--triggers', 'let workloads follow image stream tags (default: as --import, on a cluster)')
    .option('--no-triggers', 'do not let workloads follow image stream tags');
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}
