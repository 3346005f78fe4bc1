{{/*
The names of objects are not free: the program, the documentation and `kubectl` lines know them (src/server/names.ts), and there is
one installation in a cluster.
*/}}

{{/*
The head of an object. Takes root, name; namespaced (in the release's namespace) or namespace, component, labels, annotations where there
are some. Ours go before common ones.
*/}}
{{- define "pinstream.metadata" -}}
{{- $root := .root -}}
{{- $labels := merge (dict) (.labels | default dict) (include "pinstream.labels" (dict "root" $root "component" .component) | fromYaml) $root.Values.commonLabels -}}
{{- $annotations := merge (dict) (.annotations | default dict) $root.Values.commonAnnotations -}}
metadata:
  name: {{ .name }}
  {{- with .namespace | default (ternary $root.Release.Namespace "" (.namespaced | default false)) }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- toYaml $labels | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "pinstream.labels" -}}
app.kubernetes.io/name: pinstream
app.kubernetes.io/part-of: pinstream
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{/* What Services, budgets and policies select by. A Deployment's can never change: those of the kustomize manifests. Takes component. */}}
{{- define "pinstream.selector" -}}
app.kubernetes.io/name: pinstream
app.kubernetes.io/component: {{ . }}
{{- end }}

{{/* The image: a digest decides, whatever the tag says. */}}
{{- define "pinstream.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The head of the Pods of a component: labels, annotations. Takes root, component, values. */}}
{{- define "pinstream.podMetadata" -}}
metadata:
  labels:
    {{- merge (dict) (include "pinstream.selector" .component | fromYaml) .values.podLabels .root.Values.commonLabels | toYaml | nindent 4 }}
  {{- with .values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Where and as whom the Pods of a component run. Takes root, component, values. */}}
{{- define "pinstream.podSettings" -}}
serviceAccountName: pinstream-{{ .component }}
automountServiceAccountToken: true
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
securityContext:
  runAsNonRoot: true
  {{- if not .root.Values.openshift }}
  runAsUser: 65532
  runAsGroup: 65532
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- if hasKey . "labelSelector" }}
  {{- list . | toYaml | nindent 2 }}
  {{- else }}
  {{- $ours := dict "labelSelector" (dict "matchLabels" (include "pinstream.selector" $.component | fromYaml)) }}
  {{- list (merge (dict) . $ours) | toYaml | nindent 2 }}
  {{- end }}
  {{- end }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "pinstream.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The configuration, of the ConfigMap and of registries. Folders are mounted, not files: a mounted file would never change. */}}
{{- define "pinstream.volumeMounts" -}}
- name: config
  mountPath: /etc/pinstream
  readOnly: true
- name: registry-credentials
  mountPath: /etc/pinstream-registry
  readOnly: true
- name: registry-certs
  mountPath: /etc/pinstream-registry-certs
  readOnly: true
{{- end }}

{{- define "pinstream.volumes" -}}
- name: config
  configMap:
    name: pinstream-config
# Of type kubernetes.io/dockerconfigjson, where there is one.
- name: registry-credentials
  secret:
    secretName: {{ .Values.registryCredentials.secretName }}
    optional: true
    items:
      - key: .dockerconfigjson
        path: config.json
# Authorities of registries, where there are some.
- name: registry-certs
  configMap:
    name: {{ .Values.registryAuthorities.configMapName }}
    optional: true
{{- end }}

{{/* The configuration as the program reads it. Caches of ours lead reference policy Local to them, unless somebody says otherwise. */}}
{{- define "pinstream.configuration" -}}
apiVersion: pinstream.dev/v1
kind: Configuration
{{- with omit .Values.configuration "apiVersion" "kind" }}
{{ toYaml . }}
{{- end }}
{{- if and .Values.registryCache.enabled (not (hasKey .Values.configuration "localRegistry")) }}
localRegistry:
  {{- range .Values.registryCache.upstreams }}
  - source: {{ .source }}
    target: 127.0.0.1:{{ .nodePort }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "pinstream.hasController" -}}
{{- if and .Values.controller.enabled (not .Values.openshift) }}true{{ end -}}
{{- end }}

{{/* A disruption budget. Takes root, component, values. */}}
{{- define "pinstream.podDisruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
{{ include "pinstream.metadata" (dict "root" .root "name" (printf "pinstream-%s" .component) "namespaced" true "component" .label) }}
spec:
  {{- with .values.podDisruptionBudget }}
  {{- if not (kindIs "invalid" .maxUnavailable) }}
  maxUnavailable: {{ .maxUnavailable }}
  {{- else }}
  minAvailable: {{ .minAvailable }}
  {{- end }}
  {{- end }}
  # Replicas that do not work anyway must not hold up the drain of a node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "pinstream.selector" .component | nindent 6 }}
{{- end }}

{{/* Binds the right to read Secrets: in all namespaces, or in some. Takes root, name, component (of the account), label, values. */}}
{{- define "pinstream.pullSecretsBindings" -}}
{{- $root := .root -}}
{{- $values := .values -}}
{{- $name := .name -}}
{{- $label := .label -}}
{{- $component := .component -}}
{{- $of := dict "roleRef" (dict "apiGroup" "rbac.authorization.k8s.io" "kind" "ClusterRole" "name" $name) "subjects" (list (dict "kind" "ServiceAccount" "name" (printf "pinstream-%s" $component) "namespace" $root.Release.Namespace)) -}}
{{- if $values.clusterWide }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
{{ include "pinstream.metadata" (dict "root" $root "name" $name "component" $label) }}
{{ toYaml $of }}
{{- else }}
{{- range $values.namespaces }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "pinstream.metadata" (dict "root" $root "name" $name "namespace" . "component" $label) }}
{{ toYaml $of }}
{{- end }}
{{- end }}
{{- end }}
