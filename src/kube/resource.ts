import type { View } from './client.ts';

/** One collection of the API. */
export interface Resource {
  /** Its plural, for people: "imagestreams". */
  readonly name: string;
  /** Its list path: "/apis/image.openshift.io/v1/imagestreams". */
  readonly path: string;
  /** What grants reading it, for the message of a 403: "the ClusterRole x". */
  readonly grantedBy: string;
  /** What is read of each object; all of it unless told. */
  readonly view?: View;
  /** How many objects a page of its list has; 500 unless told. Fewer, where objects are large: a page is in memory as a whole. */
  readonly pageSize?: number;
}
