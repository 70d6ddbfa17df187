{{- define "hogwatch.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "hogwatch.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "hogwatch.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "hogwatch.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* Labels that never change, for selectors. Takes (list $ "component"). */ -}}
{{- define "hogwatch.selector" -}}
{{- $root := first . -}}
app.kubernetes.io/name: {{ include "hogwatch.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end -}}

{{- /* All labels of an object. Takes (list $ "component"). */ -}}
{{- define "hogwatch.labels" -}}
{{- $root := first . -}}
{{ include "hogwatch.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "hogwatch.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "hogwatch.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "hogwatch.secret" -}}
{{- default (include "hogwatch.fullname" .) .Values.secretKey.existingSecret -}}
{{- end -}}

{{- define "hogwatch.image" -}}
image: {{ printf "%s:%s" .Values.image.repository .Values.image.tag | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end -}}

{{- /* What every pod of hogwatch has, apart from its containers. */ -}}
{{- define "hogwatch.podDefaults" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "hogwatch.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- /* Probes of a container whose port is named http. */ -}}
{{- define "hogwatch.probes" -}}
readinessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
livenessProbe:
  httpGet: {path: /healthz, port: http}
  initialDelaySeconds: 5
  periodSeconds: 10
{{- end -}}

{{- /* Where the database and the queue are, for everything that uses them. */ -}}
{{- define "hogwatch.connectionEnv" -}}
{{- if .Values.database.internal -}}
- name: DATABASE_HOST
  value: {{ include "hogwatch.fullname" . }}-database
- name: DATABASE_PORT
  value: {{ .Values.database.port | quote }}
- name: DATABASE_TLS
  value: "false"
{{- else -}}
- name: DATABASE_HOST
  value: {{ required "set database.external.host, or database.internal to true" .Values.database.external.host }}
- name: DATABASE_PORT
  value: {{ .Values.database.external.port }}
- name: DATABASE_TLS
  value: {{ .Values.database.external.tls | quote }}
{{- end }}
- name: DATABASE_NAME
  value: {{ .Values.database.name | quote }}
- name: QUEUE_URL
  value: http://{{ include "hogwatch.fullname" . }}-queue:{{ .Values.queue.port }}
- name: SECRET_KEY
  valueFrom:
    secretKeyRef: {name: {{ include "hogwatch.secret" . }}, key: secret-key}
{{- end -}}
