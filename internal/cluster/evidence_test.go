package cluster

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// written reads everything that is in a folder of evidence.
func written(t testing.TB, dir string) (all map[string]string, total int) {
	t.Helper()
	all = map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		name, _ := filepath.Rel(dir, p)
		all[filepath.ToSlash(name)] = string(data)
		total += len(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, total
}

// until waits for something that happens in the background.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func anEvent(name, object, message string) *corev1.Event {
	return &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name, UID: "an-event"}, Type: "Warning", Reason: "Unhealthy", Message: message,
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: object, Namespace: ns}, LastTimestamp: metav1.Now()}
}

func TestEvidence(t *testing.T) {
	secret := &corev1.Secret{ObjectMeta: object("db"), Data: map[string][]byte{"password": []byte("hunter2hunter2")}}
	d, rs := deployment("web", 1, 0)
	c, kube := stand(t, append(whole(), secret, d, rs)...)
	dir := filepath.Join(t.TempDir(), "evidence")
	e := c.Watch(t.Context(), ns, dir, Limits{})
	until(t, "versions", func() bool { all, _ := written(t, dir); return all[versionsFile] != "" })
	time.Sleep(100 * time.Millisecond) // until the watches stand: the stand-in has no history
	first := running(false)
	first.ContainerID = "containerd://1"
	p := ofWeb("web-1", first)
	p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "DB_PASSWORD", Value: "plain-text"}, {Name: "COLOUR", Value: "blue"}}
	if _, err := kube.CoreV1().Pods(ns).Create(t.Context(), p, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	event := anEvent("web-1.1", "web-1", "Readiness probe failed: said \x1b[31mhunter2hunter2\x1b[0m, statuscode: 500")
	if _, err := kube.CoreV1().Events(ns).Create(t.Context(), event, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	// What is written is there before anybody closes it.
	until(t, "events, states and a log", func() bool {
		all, _ := written(t, dir)
		return all[eventsFile] != "" && all[statesFile] != "" && all["logs/web-1.app.log"] != ""
	})
	again := lastEnded(running(true), 1, 3, "Error")
	again.ContainerID = "containerd://2"
	if _, err := kube.CoreV1().Pods(ns).Update(t.Context(), ofWeb("web-1", again), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "the log of before", func() bool { all, _ := written(t, dir); return all["logs/web-1.app.previous.log"] != "" })
	if err := e.Collect(t.Context()); err != nil {
		t.Error(err)
	}
	cited := e.Cite([]Blocker{{Object: "Deployment/web", Class: Probe, kind: "Deployment", name: "web", pods: []string{"web-1"}}})
	if cited[0].Source != eventsFile+":1" || len(cited[0].Lines) != 1 || !strings.Contains(cited[0].Lines[0], "Unhealthy: Readiness probe failed: said [redacted], statuscode: 500") {
		t.Errorf("%+v", cited)
	}
	if err := e.Close(false); err != nil {
		t.Error(err)
	}
	all, _ := written(t, dir)
	for file, wants := range map[string]string{
		eventsFile:                    "Warning Unhealthy Pod/web-1: Readiness probe failed: said [redacted], statuscode: 500\n",
		statesFile:                    "Pod/web-1 container app runs and is ready, started again once; the run before ended with exit code 3 (Error)\n",
		nodesFile:                     "type: Ready",
		versionsFile:                  "API server v",
		"logs/web-1.app.log":          "fake logs",
		"objects/Deployment-web.yaml": "kind: Deployment",
		"objects/Secrets.txt":         "Secret/db, of type : password (14 bytes)",
	} {
		if !strings.Contains(all[file], wants) {
			t.Errorf("%s has no %q:\n%s", file, wants, all[file])
		}
	}
	for file, text := range all {
		for _, secret := range []string{"hunter2", "plain-text", "aHVudGVyMmh1bnRlcjI", "\x1b"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q", file, secret)
			}
		}
	}
	if err := e.Close(false); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestEvidenceOfWhatPassed(t *testing.T) {
	c, _ := stand(t, append(whole(), ofWeb("web-1", running(true)))...)
	dir := t.TempDir()
	e := c.Watch(t.Context(), ns, dir, Limits{})
	until(t, "states", func() bool { all, _ := written(t, dir); return all[statesFile] != "" })
	if err := e.Collect(t.Context()); err != nil {
		t.Error(err)
	}
	if err := e.Close(true); err != nil {
		t.Error(err)
	}
	all, _ := written(t, dir)
	for file := range all {
		if strings.HasPrefix(file, logsFolder) || strings.HasPrefix(file, objectFolder) {
			t.Errorf("%s is there", file)
		}
	}
}

// TestEvidenceWithoutFolder: what cannot be written is an error of Close, and
// nothing else.
func TestEvidenceWithoutFolder(t *testing.T) {
	c, _ := stand(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e := c.Watch(t.Context(), ns, file, Limits{})
	if err := e.Collect(t.Context()); err == nil {
		t.Error("no error")
	}
	if got := e.Cite([]Blocker{{Object: "x"}}); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	if err := e.Close(false); err == nil || !strings.Contains(err.Error(), "the evidence of namespace shop is not complete") {
		t.Errorf("%v", err)
	}
}

// TestEvidenceIsBounded writes far more than there is room for.
func TestEvidenceIsBounded(t *testing.T) {
	c, _ := stand(t, whole()...)
	dir := t.TempDir()
	const total = 200 << 10
	e := c.Watch(t.Context(), ns, dir, Limits{Total: total})
	for n := range 20_000 {
		e.events.add(time.Unix(int64(n), 0), fmt.Sprintf("event %d %s", n, strings.Repeat("x", 100)))
		e.states.add(time.Unix(int64(n), 0), fmt.Sprintf("state %d", n))
	}
	e.logs.mu.Lock()
	for n := range 300 {
		cl := &containerLog{pod: fmt.Sprintf("../../pod-%d", n), container: "a/b\x00", now: e.logs.newRun("x"), sick: n == 299}
		e.logs.of[fmt.Sprint(n)] = cl
		_, _ = cl.now.tail.Write([]byte(strings.Repeat("a line of a log\n", 10_000)))
	}
	e.logs.mu.Unlock()
	if err := e.Close(false); err != nil {
		t.Error(err)
	}
	all, size := written(t, dir)
	if size > total {
		t.Errorf("%d bytes; %d are allowed", size, total)
	}
	if !strings.Contains(all["events.log"], " event 0 ") || !strings.Contains(all["events.later.log"], " event 19999 ") || !strings.Contains(all["events.later.log"], "dropped]") {
		t.Error("the beginning or the end of the events is missing")
	}
	sick, well := all["logs/.._pod-299.a_b_.log"], all["logs/.._pod-1.a_b_.log"]
	if sick == "" {
		sick, well = all["logs/"+fileName("../../pod-299", "a/b\x00", "log")], all["logs/"+fileName("../../pod-1", "a/b\x00", "log")]
	}
	if len(sick) <= len(well) || !strings.HasSuffix(sick, "a line of a log\n") {
		t.Errorf("sick %d bytes, well %d", len(sick), len(well))
	}
}

// TestEvidenceForgetsNothingItHas: a secret that becomes known late is taken
// out of what was written before.
func TestEvidenceRedactsLate(t *testing.T) {
	c, _ := stand(t, whole()...)
	dir := t.TempDir()
	e := c.Watch(t.Context(), ns, dir, Limits{})
	e.events.add(time.Now(), "said late-secret-value")
	e.flush()
	c.Redactor.Add("late-secret-value")
	if err := e.Close(false); err != nil {
		t.Error(err)
	}
	if all, _ := written(t, dir); strings.Contains(all[eventsFile], "late-secret") || !strings.Contains(all[eventsFile], hidden) {
		t.Errorf("%q", all[eventsFile])
	}
}

// BenchmarkBusyNamespace is what a watch holds in memory of 5,000 events, 500
// pods and the logs of 400 containers with a megabyte each.
func BenchmarkBusyNamespace(b *testing.B) {
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		c, _ := stand(b, whole()...)
		e := c.Watch(b.Context(), ns, b.TempDir(), Limits{})
		for n := range 5000 {
			e.events.add(time.Now(), fmt.Sprintf("event %d %s", n, strings.Repeat("x", 200)))
		}
		for n := range 500 {
			p := ofWeb(fmt.Sprintf("web-%d", n), running(true))
			for _, st := range podStates(p) {
				e.states.add(time.Now(), st.text)
			}
		}
		line := []byte(strings.Repeat("a line of a log ", 8) + "\n")
		e.logs.mu.Lock()
		for n := range maxRuns {
			cl := &containerLog{pod: fmt.Sprint(n), container: "a", now: e.logs.newRun("x")}
			e.logs.of[fmt.Sprint(n)] = cl
			for range 1 << 20 / len(line) {
				_, _ = cl.now.tail.Write(line)
			}
		}
		e.logs.mu.Unlock()
		e.flush()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-held")
		if err := e.Close(false); err != nil {
			b.Error(err)
		}
	}
}

// TestEvidenceFollows: of the log of a program that the cluster is made of, the
// end counts that was written while the cell ran, and only if it did not pass.
func TestEvidenceFollows(t *testing.T) {
	for _, passed := range []bool{false, true} {
		c, _ := stand(t)
		log := filepath.Join(t.TempDir(), "k3s.log")
		add := func(text string) {
			f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString(text); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		add("of the cell before\n")
		dir := t.TempDir()
		e := c.Watch(t.Context(), ns, dir, Limits{Total: 100 << 10})
		e.Follow(log)
		add(strings.Repeat("much, long ago\n", 100_000) + "level=fatal password=hunter2hunter2\x1b[31m\n")
		if err := e.Close(passed); err != nil {
			t.Error(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "k3s.log"))
		if passed {
			if !os.IsNotExist(err) {
				t.Errorf("%v\n%s", err, data)
			}
			continue
		}
		text := string(data)
		if err != nil || len(text) > 4<<10+100 || !strings.HasPrefix(text, "[14") || !strings.HasSuffix(text, "level=fatal password=[redacted]\n") || strings.Contains(text, "before\n") {
			t.Errorf("%v, %d bytes, %.100q", err, len(text), text)
		}
	}
	c, _ := stand(t)
	e := c.Watch(t.Context(), ns, t.TempDir(), Limits{})
	e.Follow(filepath.Join(t.TempDir(), "none.log"))
	if err := e.Close(false); err == nil || !strings.Contains(err.Error(), "none.log") {
		t.Errorf("got %v", err)
	}
}
