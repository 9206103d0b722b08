{{- define "jackfield.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "jackfield.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "jackfield.labels" -}}
{{ include "jackfield.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "jackfield.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "jackfield.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "jackfield.name" .) -}}
{{- end -}}

{{- define "jackfield.demands" -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.database.existingSecret) -}}
{{- fail "replicas above 1 need database.existingSecret: without a shared database two pods would write one state" -}}
{{- end -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.persistence.existingClaim) (not (has "ReadWriteMany" .Values.persistence.accessModes)) -}}
{{- fail "replicas above 1 need a volume that all of them may write: persistence.accessModes with ReadWriteMany" -}}
{{- end -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.persistence.enabled) -}}
{{- fail "replicas above 1 need persistence.enabled: the snapshots are shared" -}}
{{- end -}}
{{- if and (not .Values.connector) (not .Values.config) -}}
{{- fail "connector and config are both empty: there is nothing to serve" -}}
{{- end -}}
{{- end -}}
