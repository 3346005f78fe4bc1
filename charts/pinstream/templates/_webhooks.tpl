{{/* What both webhooks for workloads have in common with manifests/; every setting and its reason: docs/install.md. */}}

{{/* Where the API server finds the webhook. Takes root, path. */}}
{{- define "pinstream.clientConfig" -}}
{{- if and (eq .root.Values.certificates.mode "provided") .root.Values.certificates.provided.caBundle }}
caBundle: {{ .root.Values.certificates.provided.caBundle }}
{{- end }}
service:
  name: pinstream-webhook
  namespace: {{ .root.Release.Namespace }}
  path: {{ .path }}
  port: 443
{{- end }}

{{/* The annotations of a webhook configuration. */}}
{{- define "pinstream.webhookAnnotations" -}}
{{- $ours := dict -}}
{{- if eq .Values.certificates.mode "cert-manager" -}}
{{- $ours = dict "cert-manager.io/inject-ca-from" (printf "%s/pinstream-webhook" .Release.Namespace) -}}
{{- end -}}
{{- merge (dict) $ours .Values.webhook.annotations | toYaml -}}
{{- end }}

{{/* Namespaces to ask about: ours, then what values add. Takes ours (a list), values (a selector). */}}
{{- define "pinstream.namespaceSelector" -}}
{{- with .values.matchLabels }}
matchLabels:
  {{- toYaml . | nindent 2 }}
{{- end }}
matchExpressions:
  {{- concat .ours (.values.matchExpressions | default list) | toYaml | nindent 2 }}
{{- end }}

{{/* Where image references are. */}}
{{- define "pinstream.workloads" -}}
- apiGroups: ['']
  apiVersions: [v1]
  resources: [pods, replicationcontrollers]
  operations: [CREATE, UPDATE]
  scope: Namespaced
- apiGroups: ['']
  apiVersions: [v1]
  resources: [pods/ephemeralcontainers]
  operations: [UPDATE]
  scope: Namespaced
- apiGroups: [apps]
  apiVersions: [v1]
  resources: [deployments, replicasets, statefulsets, daemonsets]
  operations: [CREATE, UPDATE]
  scope: Namespaced
- apiGroups: [batch]
  apiVersions: [v1]
  resources: [jobs, cronjobs]
  operations: [CREATE, UPDATE]
  scope: Namespaced
# Only OpenShift serves these.
- apiGroups: [apps.openshift.io]
  apiVersions: [v1]
  resources: [deploymentconfigs]
  operations: [CREATE, UPDATE]
  scope: Namespaced
- apiGroups: [build.openshift.io]
  apiVersions: [v1]
  resources: [builds]
  operations: [CREATE, UPDATE]
  scope: Namespaced
{{- end }}

{{/* The webhook is called when all of these hold. Each is true for the kinds that it does not concern. */}}
{{- define "pinstream.matchConditions" -}}
- name: not-a-mirror-pod
  expression: >-
    request.kind.kind != 'Pod' ||
    !('kubernetes.io/config.mirror' in object.metadata.?annotations.orValue({}))
# An update that leaves the spec and all annotations as they are leaves every image as it is.
- name: spec-or-annotations-changed
  expression: >-
    request.operation != 'UPDATE' ||
    object.?spec != oldObject.?spec ||
    object.metadata.?annotations != oldObject.metadata.?annotations
{{- end }}
