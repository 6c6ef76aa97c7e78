package sweep

import (
	"fmt"
	"path/filepath"
	"strings"
)

// EmitKubernetes writes a manifest: an Indexed Job, the scenario as a ConfigMap,
// and a claim for the results unless one is named.
func (f *Folder) EmitKubernetes(o EmitOptions) (e Emitted, err error) {
	if o, err = o.complete(); err != nil {
		return e, err
	}
	switch jobs := f.sweep.Jobs(); {
	case o.Image == "":
		return e, fmt.Errorf("no image that holds floorsim %s is named, which Kubernetes needs: use --image", f.sweep.Build)
	case jobs > maxCompletions:
		return e, fmt.Errorf("%d jobs, an Indexed Job of Kubernetes has at most %d: split the sweep", jobs, maxCompletions)
	}
	var b strings.Builder
	f.writeConfigMap(&b)
	if o.Claim == "" {
		o.Claim = f.kubernetesName()
		fmt.Fprintf(&b, kubernetesClaim, o.Claim, o.Storage)
	}
	f.writeJob(&b, o)
	if e.File, err = f.emit("job.yaml", b.String()); err != nil {
		return e, err
	}
	e.Usage = fmt.Sprintf("kubectl create -f %s\nkubectl wait --for=condition=complete --timeout=-1s job/%s\n# then, where the claim %s can be read:\n%s sweep collect DIR\n",
		quote(filepath.Join(f.dir, "job.yaml")), f.kubernetesName(), o.Claim, quote(o.Command))
	return e, nil
}

func (f *Folder) kubernetesName() string { return "floorsim-" + f.sweep.ID() }

// writeConfigMap quotes the scenario line by line: people read it in the manifest.
func (f *Folder) writeConfigMap(b *strings.Builder) {
	fmt.Fprintf(b, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\nimmutable: true\ndata:\n  %s: |2\n", f.kubernetesName(), scenarioName)
	for line := range strings.SplitSeq(strings.TrimRight(f.sweep.Scenario, "\n"), "\n") {
		fmt.Fprintf(b, "    %s\n", line)
	}
	b.WriteString("---\n")
}

func (f *Folder) writeJob(b *strings.Builder, o EmitOptions) {
	jobs := f.sweep.Jobs()
	parallel := min(orDefault(o.Parallel, jobs), jobs)
	fmt.Fprintf(b, kubernetesJob, f.kubernetesName(), jobs, parallel, o.Attempts-1, o.Image)
	args := []string{
		"sweep", "point", "/sweep/" + scenarioName, "--build", f.sweep.Build,
		"--attempts", fmt.Sprint(o.Attempts), "--index", "$(JOB_COMPLETION_INDEX)", "--out", "/results",
	}
	fmt.Fprintf(b, "          command: [%s]\n          args:\n", yamlText(o.Command))
	for _, arg := range args {
		fmt.Fprintf(b, "            - %s\n", yamlText(arg))
	}
	fmt.Fprintf(b, "          env:\n            - name: GOMAXPROCS\n              value: %q\n", fmt.Sprint(o.CPUs))
	fmt.Fprintf(b, "          resources:\n            requests:\n              cpu: %q\n", fmt.Sprint(o.CPUs))
	if o.Memory != "" {
		fmt.Fprintf(b, "              memory: %q\n            limits:\n              memory: %q\n", o.Memory, o.Memory)
	}
	b.WriteString("          volumeMounts:\n            - name: results\n              mountPath: /results\n")
	b.WriteString("            - name: sweep\n              mountPath: /sweep\n              readOnly: true\n")
	fmt.Fprintf(b, "      volumes:\n        - name: results\n          persistentVolumeClaim:\n            claimName: %s\n", o.Claim)
	fmt.Fprintf(b, "        - name: sweep\n          configMap:\n            name: %s\n", f.kubernetesName())
}

// yamlText quotes a text. In a double-quoted scalar JSON's escapes mean the
// same; a dollar sign of ours is doubled where Kubernetes would expand it.
func yamlText(text string) string {
	if text != "$(JOB_COMPLETION_INDEX)" {
		text = strings.ReplaceAll(text, "$(", "$$(")
	}
	return string(asciiJSON(text))
}

// kubernetesClaim is filled with its name and size. Pods of several machines
// write to it, so it must be a ReadWriteMany class.
const kubernetesClaim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: %s
spec:
  accessModes: [ReadWriteMany]
  resources:
    requests:
      storage: %s
---
`

// kubernetesJob is filled with name, completions, parallelism, retries of an
// index, and image. Exit codes 1 to 3 are final: the outcome is in the claim, or
// the command is wrong. A pod that was killed, for memory say, is tried again.
const kubernetesJob = `apiVersion: batch/v1
kind: Job
metadata:
  name: %s
spec:
  completionMode: Indexed
  completions: %d
  parallelism: %d
  backoffLimitPerIndex: %d
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions:
          - type: DisruptionTarget
            status: "True"
      - action: FailIndex
        onExitCodes:
          operator: In
          values: [1, 2, 3]
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: floorsim
          image: %s
`
