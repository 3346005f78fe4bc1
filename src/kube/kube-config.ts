/** The one thing that is used of client-node, so that a build leaves out the rest: 15 MB of API models. */
export { KubeConfig } from '@kubernetes/client-node';
