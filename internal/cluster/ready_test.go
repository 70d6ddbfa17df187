package cluster

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

// play waits for a Deployment in a time that passes at once, while change makes
// things happen.
func play(t *testing.T, o ReadyOptions, limit time.Duration, change func(*testing.T, *fake.Clientset), objects ...runtime.Object) (got []Blocker, took time.Duration, err error) {
	t.Helper()
	c, kube := stand(t, objects...)
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), limit)
		defer stop()
		var changes sync.WaitGroup
		defer changes.Wait()
		if change != nil {
			changes.Go(func() { change(t, kube) })
		}
		start := time.Now()
		o.Namespace = ns
		got, err = c.Ready(ctx, o)
		took = time.Since(start)
		stop()
	})
	return got, took, err
}

// becomes changes the pod and its Deployment after a time.
func becomes(t *testing.T, kube *fake.Clientset, after time.Duration, ready int32, status corev1.ContainerStatus) {
	time.Sleep(after)
	d, _ := deployment("web", 1, ready)
	if _, err := kube.AppsV1().Deployments(ns).Update(t.Context(), d, metav1.UpdateOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := kube.CoreV1().Pods(ns).Update(t.Context(), ofWeb("web-1", status), metav1.UpdateOptions{}); err != nil {
		t.Error(err)
	}
}

func TestReadyWaits(t *testing.T) {
	d, rs := deployment("web", 1, 0)
	got, took, err := play(t, ReadyOptions{}, time.Minute, func(t *testing.T, kube *fake.Clientset) {
		becomes(t, kube, 4700*time.Millisecond, 1, running(true))
	}, d, rs, ofWeb("web-1", waitingFor("ContainerCreating", "")))
	if err != nil || len(got) > 0 || took != 5*time.Second {
		t.Errorf("after %s: %+v, %v", took, got, err)
	}
}

func TestReadySettles(t *testing.T) {
	d, rs := deployment("web", 1, 1)
	settle := ReadyOptions{Settle: 10 * time.Second, MaxRestarts: -1}
	got, took, err := play(t, settle, time.Minute, nil, d, rs, ofWeb("web-1", running(true)))
	if err != nil || len(got) > 0 || took != 10*time.Second {
		t.Errorf("steady, after %s: %+v, %v", took, got, err)
	}
	// It is started again between two looks, so that it seems to be ready all the time.
	got, took, err = play(t, settle, time.Minute, func(t *testing.T, kube *fake.Clientset) {
		becomes(t, kube, 6700*time.Millisecond, 1, lastEnded(running(true), 1, 3, "Error"))
	}, d, rs, ofWeb("web-1", running(true)))
	if err != nil || len(got) > 0 || took != 17*time.Second {
		t.Errorf("started again, after %s: %+v, %v", took, got, err)
	}
	// It goes on like that.
	got, took, err = play(t, settle, 30*time.Second, func(t *testing.T, kube *fake.Clientset) {
		for n := range int32(20) {
			becomes(t, kube, 4700*time.Millisecond, 1, lastEnded(running(true), n+1, 3, "Error"))
		}
	}, d, rs, ofWeb("web-1", running(true)))
	if err != nil || took != 30*time.Second || len(got) != 2 || got[0].Class != CrashLoop || got[1].Class != Unstable || !strings.Contains(got[0].Reason, "exit code 3") {
		t.Errorf("again and again, after %s: %+v, %v", took, got, err)
	}
	settle.MaxRestarts = 0
	got, took, err = play(t, settle, 30*time.Second, func(t *testing.T, kube *fake.Clientset) {
		becomes(t, kube, 4700*time.Millisecond, 1, lastEnded(running(true), 1, 3, "Error"))
	}, d, rs, ofWeb("web-1", running(true)))
	if err != nil || took != 5*time.Second || len(got) != 1 || got[0].Class != CrashLoop {
		t.Errorf("once too often, after %s: %+v, %v", took, got, err)
	}
}

func TestReadyExplains(t *testing.T) {
	d, rs := deployment("web", 1, 0)
	event := func(kind, name, reason, message string) *corev1.Event {
		return &corev1.Event{ObjectMeta: object(reason), Type: corev1.EventTypeWarning, Reason: reason, Message: message,
			InvolvedObject: corev1.ObjectReference{Kind: kind, Name: name, Namespace: ns, UID: "web-rs"}}
	}
	secret := &corev1.Secret{ObjectMeta: object("db"), Data: map[string][]byte{"password": []byte("hunter2hunter2")}}
	for _, c := range []struct {
		name, class, says string
		status            *corev1.ContainerStatus
		event             *corev1.Event
	}{
		{"probe", Probe, "statuscode: 500", new(running(false)), event("Pod", "web-1", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500 for [redacted]")},
		{"mount", Mount, `configmap "x" not found`, new(waitingFor("ContainerCreating", "")), event("Pod", "web-1", "FailedMount", `MountVolume.SetUp failed: configmap "x" not found`)},
		{"refused", Refused, "exceeded quota", nil, event("ReplicaSet", "web-rs", "FailedCreate", `pods "web-" is forbidden: exceeded quota: q`)},
		{"secret", Probe, hidden, new(running(false)), event("Pod", "web-1", "Unhealthy", "Readiness probe failed: got hunter2hunter2")},
	} {
		objects := []runtime.Object{d, rs, c.event, secret}
		if c.status != nil {
			objects = append(objects, ofWeb("web-1", *c.status))
		}
		got, _, err := play(t, ReadyOptions{MaxRestarts: -1}, 5*time.Second, nil, objects...)
		if err != nil || len(got) != 1 || got[0].Class != c.class || !strings.Contains(got[0].Reason, c.says) || strings.Contains(got[0].Reason, "hunter2") {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

func TestReadyWithSickNode(t *testing.T) {
	d, rs := deployment("web", 1, 0)
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
		{Type: corev1.NodeReady, Status: corev1.ConditionTrue}, {Type: corev1.NodeDiskPressure, Status: corev1.ConditionTrue, Message: "kubelet has disk pressure"},
	}}}
	got, _, err := play(t, ReadyOptions{}, 5*time.Second, nil, d, rs, node)
	if status, reason := Verdict(got); err != nil || status != "errored" || !strings.Contains(reason, "disk pressure") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReadyCannotAsk(t *testing.T) {
	refuse := func(err error) func(*testing.T, *fake.Clientset) {
		return func(_ *testing.T, kube *fake.Clientset) {
			kube.PrependReactor("list", "pods", func(k8stesting.Action) (bool, runtime.Object, error) { return true, nil, err })
		}
	}
	c, kube := stand(t)
	refuse(apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("no")))(t, kube)
	if got, err := c.Ready(t.Context(), ReadyOptions{Namespace: ns}); !apierrors.IsForbidden(err) || got != nil {
		t.Errorf("forbidden: %+v, %v", got, err)
	}
	c, kube = stand(t)
	refuse(&net.OpError{Op: "dial", Err: errors.New("connection refused")})(t, kube)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got, err := c.Ready(t.Context(), ReadyOptions{Namespace: ns})
		if took := time.Since(start); err != nil || len(got) != 1 || got[0].Class != API || !got[0].Infrastructure || took < apiPatience || took > 2*apiPatience {
			t.Errorf("away, after %s: %+v, %v", took, got, err)
		}
	})
	c, _ = stand(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	cancel(why)
	if _, err := c.Ready(ctx, ReadyOptions{Namespace: ns}); !errors.Is(err, why) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestReadyPassingFault: an API server that is away for a while changes nothing.
func TestReadyPassingFault(t *testing.T) {
	c, kube := stand(t)
	var asked atomic.Int32
	kube.PrependReactor("list", "pods", func(k8stesting.Action) (bool, runtime.Object, error) {
		if asked.Add(1) < 10 {
			return true, nil, apierrors.NewServiceUnavailable("starting")
		}
		return false, nil, nil
	})
	synctest.Test(t, func(t *testing.T) {
		if got, err := c.Ready(t.Context(), ReadyOptions{Namespace: ns}); err != nil || len(got) > 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
