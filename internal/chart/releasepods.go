package chart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Bounds of what is read of a hook's pods.
const (
	maxHookPods  = 5
	hookLogLines = 50
	hookLogBytes = 64 << 10
	maxLogLine   = 500 // bytes
	// readPods is how long reading them may take. It also happens when the
	// operation was interrupted.
	readPods = 10 * time.Second
)

// podsOf adds to a hook's run what its pods say. Where they cannot be read, the
// hook's own state must do.
func (c *hookClient) podsOf(run *HookRun) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), readPods)
	defer cancel()
	clients, err := c.access.clientset()
	if err != nil {
		return
	}
	pods, err := run.pods(ctx, clients)
	if err != nil {
		return
	}
	for _, pod := range pods[max(0, len(pods)-maxHookPods):] {
		run.Message = ""
		run.pod(ctx, clients, &pod)
	}
	if len(pods) == 0 && run.Failed {
		run.Message = "made no pod"
	}
}

// pods gives the pods of a hook, the oldest first.
func (run *HookRun) pods(ctx context.Context, clients kubernetes.Interface) ([]corev1.Pod, error) {
	selector := metav1.ListOptions{LabelSelector: "job-name=" + run.Name} // set by the Job controller
	if run.Kind == "Pod" {
		selector = metav1.ListOptions{FieldSelector: "metadata.name=" + run.Name}
	}
	list, err := clients.CoreV1().Pods(run.Namespace).List(ctx, selector)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list.Items, func(a, b corev1.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	return list.Items, nil
}

// errHopeless is why a hook is not waited for any longer.
var errHopeless = errors.New("its image cannot be had")

// imagePatience is how long a hook's image may fail to be pulled: the kubelet
// has tried it four times then (after 10, 20 and 40 seconds).
const imagePatience = 90 * time.Second

// lookForHopeless is how often a hook's pods are looked at.
const lookForHopeless = 3 * time.Second

// watchForHopeless ends the waiting for a hook whose image cannot be pulled,
// for which Helm waits until its time is over.
func (c *hookClient) watchForHopeless(run HookRun, ended <-chan struct{}, giveUp context.CancelCauseFunc) {
	clients, err := c.access.clientset()
	if err != nil || run.Kind != "Job" && run.Kind != "Pod" {
		return
	}
	var since time.Time
	for {
		select {
		case <-ended:
			return
		case <-c.ctx.Done():
			return
		case <-time.After(lookForHopeless):
		}
		pods, err := run.pods(c.ctx, clients)
		if err != nil || len(pods) == 0 {
			continue
		}
		wrong, final := unpullable(&pods[len(pods)-1])
		switch {
		case !wrong:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		}
		if final || wrong && time.Since(since) > imagePatience {
			giveUp(errHopeless)
			return
		}
	}
}

// unpullable tells whether a pod waits for an image that could not be pulled,
// and whether another try cannot help (k8s.io/kubernetes/pkg/kubelet/images,
// types.go).
func unpullable(pod *corev1.Pod) (wrong, final bool) {
	for _, s := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if s.State.Waiting == nil {
			continue
		}
		switch reason := s.State.Waiting.Reason; {
		case reason == "InvalidImageName" || reason == "ErrImageNeverPull":
			return true, true
		case unpulled(reason):
			wrong = true
		}
	}
	return wrong, false
}

func unpulled(reason string) bool { return reason == "ErrImagePull" || reason == "ImagePullBackOff" }

// pod adds one pod. The message is that of the last pod: what the hook died of.
func (run *HookRun) pod(ctx context.Context, clients kubernetes.Interface, pod *corev1.Pod) {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			run.Message = "its pod is not scheduled: " + condition.Message
		}
	}
	if pod.Status.Reason == "Evicted" || pod.Status.Reason == "NodeLost" || pod.Status.Reason == "Preempting" {
		run.Message, run.Infrastructure = "its pod was removed: "+pod.Status.Message, true
	} else if pod.Status.Reason != "" && run.Message == "" {
		run.Message = strings.TrimSpace(pod.Status.Reason + ": " + pod.Status.Message)
	}
	states := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
	for _, s := range states {
		log := ContainerLog{Pod: pod.Name, Container: s.Name, State: stateOf(s.State, s.Image)}
		switch {
		case s.State.Running != nil || s.State.Terminated != nil:
			log.Lines = containerLog(ctx, clients, pod, s.Name)
		case s.State.Waiting != nil && s.State.Waiting.Message != "":
			log.Lines = []string{shorten(firstLine(s.State.Waiting.Message), maxLogLine)}
		}
		run.Logs = append(run.Logs, log)
		bad := s.State.Terminated != nil && s.State.Terminated.ExitCode != 0 || s.State.Waiting != nil && s.State.Waiting.Reason != "PodInitializing"
		if run.Message == "" && bad {
			run.Message = "container " + s.Name + " " + log.State
			run.Infrastructure = s.State.Waiting != nil && rateLimited(s.State.Waiting.Message)
		}
	}
}

// stateOf says in words what a container does.
func stateOf(s corev1.ContainerState, image string) string {
	switch {
	case s.Waiting != nil && unpulled(s.Waiting.Reason):
		// What comes behind differs from try to try: addresses, back-off.
		return fmt.Sprintf("cannot pull its image %q", image)
	case s.Waiting != nil:
		return "waits: " + s.Waiting.Reason
	case s.Terminated != nil && s.Terminated.Reason != "" && s.Terminated.Reason != "Error":
		return fmt.Sprintf("exits with %d (%s)", s.Terminated.ExitCode, s.Terminated.Reason)
	case s.Terminated != nil:
		return fmt.Sprintf("exits with %d", s.Terminated.ExitCode)
	case s.Running != nil:
		return "runs"
	}
	return "is not started"
}

// rateLimited recognises the answer of a registry to too many pulls: 429 (RFC
// 6585, 4), which the registries name TOOMANYREQUESTS (OCI distribution-spec,
// error codes).
func rateLimited(message string) bool {
	m := strings.ToLower(message)
	return strings.Contains(m, "toomanyrequests") || strings.Contains(m, "429 too many requests")
}

func containerLog(ctx context.Context, clients kubernetes.Interface, pod *corev1.Pod, container string) []string {
	tail := int64(hookLogLines)
	limit := int64(hookLogBytes)
	stream, err := clients.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{
		Container: container, TailLines: &tail, LimitBytes: &limit,
	}).Stream(ctx)
	if err != nil {
		return nil
	}
	defer func() { _ = stream.Close() }() // read only
	text, err := io.ReadAll(io.LimitReader(stream, hookLogBytes))
	if err != nil && len(text) == 0 {
		return nil
	}
	var lines []string
	for line := range bytes.SplitSeq(bytes.TrimRight(text, "\r\n"), []byte("\n")) {
		lines = append(lines, shorten(strings.ToValidUTF8(strings.TrimRight(string(line), "\r"), "\ufffd"), maxLogLine))
	}
	if len(lines) == 1 && lines[0] == "" {
		return nil
	}
	return lines
}
