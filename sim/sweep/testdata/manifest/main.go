// Command manifest checks a manifest of floorsim against the types of the
// Kubernetes API: every key must be one of theirs, every value of its type. It
// prints the kinds. Its module is its own so that those types stay out of
// Floormesh's.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	kinds, err := check(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(strings.Join(kinds, " "))
}

func check(manifest, scenario string) (kinds []string, err error) {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return nil, err
	}
	want, err := os.ReadFile(scenario)
	if err != nil {
		return nil, err
	}
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var about metav1.TypeMeta
		if err := yaml.Unmarshal(document, &about); err != nil {
			return nil, err
		}
		if err := one(about, document, want); err != nil {
			return nil, fmt.Errorf("%s: %w", about.Kind, err)
		}
		kinds = append(kinds, about.Kind)
	}
	return kinds, nil
}

func one(about metav1.TypeMeta, document, scenario []byte) error {
	switch about.APIVersion + " " + about.Kind {
	case "v1 ConfigMap":
		var m corev1.ConfigMap
		if err := yaml.UnmarshalStrict(document, &m); err != nil {
			return err
		}
		if got := strings.TrimRight(m.Data["scenario.yaml"], "\n"); got != strings.TrimRight(string(scenario), "\n") {
			return fmt.Errorf("the scenario came out as %q", got)
		}
		return nil
	case "v1 PersistentVolumeClaim":
		return yaml.UnmarshalStrict(document, new(corev1.PersistentVolumeClaim))
	case "batch/v1 Job":
		var job batchv1.Job
		if err := yaml.UnmarshalStrict(document, &job); err != nil {
			return err
		}
		return consistent(&job.Spec)
	}
	return fmt.Errorf("unknown: %v", about)
}

// consistent checks what the API server checks beyond types, as far as the
// manifest relies on it.
func consistent(spec *batchv1.JobSpec) error {
	pod := spec.Template.Spec
	switch {
	case spec.CompletionMode == nil || *spec.CompletionMode != batchv1.IndexedCompletion:
		return errors.New("not indexed")
	case spec.Completions == nil || spec.Parallelism == nil || *spec.Completions < 1 || *spec.Parallelism < 1:
		return errors.New("nothing would run")
	case spec.BackoffLimitPerIndex == nil || *spec.BackoffLimitPerIndex < 0:
		return errors.New("no limit of retries for an index")
	case spec.PodFailurePolicy == nil || pod.RestartPolicy != corev1.RestartPolicyNever:
		return errors.New("a pod failure policy needs restartPolicy Never")
	case len(pod.Containers) != 1 || pod.Containers[0].Image == "":
		return errors.New("not one container with an image")
	}
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
	}
	for _, m := range pod.Containers[0].VolumeMounts {
		if !volumes[m.Name] {
			return fmt.Errorf("volume %s is mounted and not there", m.Name)
		}
	}
	for _, arg := range pod.Containers[0].Args {
		if arg == "$(JOB_COMPLETION_INDEX)" {
			return nil
		}
	}
	return errors.New("the index is not passed on")
}
