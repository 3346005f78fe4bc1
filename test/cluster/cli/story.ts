/** One line of the story; `until` is a word that the screen has to hold: what was written before takes a moment to arrive. */
export interface Step {
  readonly line: string;
  readonly until?: string;
}

/** The story of image streams as a user types it, on a cluster with the webhook and the importer. */
export const story: readonly Step[] = [
  ...lines(`
# a stream, and two tags of it
pinstream create is keycloak
pinstream create is keycloak
pinstream create istag keycloak:20.0 --from-image=REG/keycloak/keycloak:20.0 --insecure
pinstream create istag keycloak:19.0 --from-image=REG/keycloak/keycloak:19.0 --insecure
pinstream create istag keycloak:20.0 --from-image=REG/keycloak/keycloak:20.0 --insecure
pinstream import-image keycloak:19.0 -o name
pinstream get istag
# another image for the tag
pinstream tag --insecure --wait REG/keycloak/keycloak:20.0.3 keycloak:20.0
pinstream get is
pinstream describe is keycloak
# a schedule, and the cluster's own registry, which setting the tag anew takes away again
pinstream tag --insecure --wait --scheduled --reference-policy local REG/keycloak/keycloak:20.0.3 keycloak:20.0
pinstream describe is/keycloak
pinstream tag --insecure --wait REG/keycloak/keycloak:20.0.3 keycloak:20.0
# who may use short names
pinstream set image-lookup
pinstream set image-lookup keycloak
pinstream set image-lookup keycloak
pinstream set image-lookup --list
pinstream set image-lookup keycloak --enabled=false
pinstream set image-lookup imagestream --list
pinstream set image-lookup keycloak --enabled=true`),
  {
    line: 'kubectl create deployment web --image=keycloak:20.0 --dry-run=server -o jsonpath={..image}',
    until: 'sha256',
  },
  ...lines(`
# workloads by short name
kubectl create deployment web --image=keycloak:20.0
kubectl get deployment web -o jsonpath='{..containers[*].image}{"\\n"}'
kubectl create job once --image=keycloak:19.0
kubectl get job once -o jsonpath='{..containers[*].image}{"\\n"}'
kubectl create cronjob nightly --image=keycloak:20.0 --schedule='0 3 * * *'
kubectl get cronjob nightly -o jsonpath='{..containers[*].image}{"\\n"}'
kubectl run pod --image=keycloak:20.0
kubectl get pod pod -o jsonpath='{..containers[*].image}{"\\n"}'
pinstream status
pinstream explain keycloak:20.0
# an alias, and where it leads when its target moves
pinstream tag --alias keycloak:20.0 keycloak:20 --wait
pinstream tag --insecure --wait REG/keycloak/keycloak:20.0.2 keycloak:20.0
pinstream get istag keycloak:20 keycloak:20.0
pinstream status
# back
pinstream rollback keycloak:20
pinstream rollback keycloak:20 --at-target --dry-run
pinstream rollback keycloak:20 --at-target
pinstream get istag keycloak:20 keycloak:20.0
pinstream rollback keycloak:20.0 --to 9
pinstream tag keycloak@sha256:beef keycloak:20.0
# another vendor's image, and back across both
pinstream tag --insecure --wait OTHER/vendor/keycloak:20 keycloak:20.0
pinstream describe is keycloak
pinstream rollback keycloak:20.0
pinstream get istag keycloak:20.0 -o jsonpath='{.image.dockerImageReference}{"\\n"}'
pinstream rollback keycloak:20.0
pinstream get istag keycloak:20.0 -o jsonpath='{.image.dockerImageReference}{"\\n"}'
# a whole repository
pinstream import-image everything --from=REG/keycloak/keycloak --all
pinstream import-image everything --from=REG/keycloak/keycloak --all --confirm --insecure
pinstream import-image keycloak --all
# all platforms of an image, or one
pinstream tag --import-mode=Everything REG/multi/arch:1 arch:1
pinstream tag --insecure --wait --import-mode=PreserveOriginal REG/multi/arch:1 arch:1
pinstream describe istag arch:1
pinstream import-image arch:1
# what is not there, and tags that go with their history
pinstream import-image keycloak:21
pinstream import-image keycloak:21 --from=REG/keycloak/keycloak:21 --insecure
pinstream tag -d keycloak:19.0
pinstream get istag keycloak:19.0
pinstream tag -d keycloak:19.0
pinstream delete istag/keycloak:21
pinstream get is -o name
pinstream delete is everything arch
pinstream get is`),
];

/** One step a line; comments stay, as a person's would. */
function lines(text: string): readonly Step[] {
  return text
    .trim()
    .split('\n')
    .map((line) => ({ line }));
}
