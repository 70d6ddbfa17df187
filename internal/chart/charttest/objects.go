package charttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// store keeps an object, and lets Jobs and Pods end.
func (s *Server) store(at place, object, known map[string]any) {
	s.version++
	meta, _ := object["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
	}
	object["apiVersion"], object["kind"], object["metadata"] = at.apiVersion, at.kind, meta
	meta["name"], meta["resourceVersion"] = at.name, strconv.Itoa(s.version)
	if !clusterWide(at.kind) {
		meta["namespace"] = at.namespace
	}
	if old, _ := known["metadata"].(map[string]any); old != nil {
		meta["uid"], meta["creationTimestamp"] = old["uid"], old["creationTimestamp"]
	} else {
		meta["uid"], meta["creationTimestamp"] = fmt.Sprintf("uid-%d", s.version), time.Now().UTC().Format(time.RFC3339)
	}
	s.objects[at.path()] = object
	annotations, _ := meta["annotations"].(map[string]any)
	outcome, _ := annotations[Outcome].(string)
	switch at.kind {
	case "Job":
		s.job(at, object, outcome, annotations[Prints])
	case "Pod":
		object["status"] = podStatus(outcome)
	}
}

// job ends a Job, and makes the pod that it would have made.
func (s *Server) job(at place, object map[string]any, outcome string, prints any) {
	condition := ""
	switch outcome {
	case "hangs":
	case "fails":
		condition = "Failed"
	default:
		condition = "Complete"
	}
	object["status"] = map[string]any{}
	if condition != "" {
		object["status"] = map[string]any{"conditions": []any{map[string]any{"type": condition, "status": "True"}}}
	}
	base := strings.Replace(strings.TrimSuffix(at.collection, "/jobs"), "/apis/batch/v1", "/api/v1", 1)
	pod := place{apiVersion: "v1", kind: "Pod", namespace: at.namespace, name: at.name + "-x1y2z", collection: base + "/pods"}
	s.store(pod, map[string]any{
		"metadata": map[string]any{
			"labels":      map[string]any{"job-name": at.name},
			"annotations": map[string]any{Outcome: outcome, Prints: prints},
		},
		"spec": map[string]any{"containers": []any{map[string]any{"name": "main", "image": "example.com/main:1"}}},
	}, nil)
}

func podStatus(outcome string) map[string]any {
	state := map[string]any{"terminated": map[string]any{"exitCode": 0, "reason": "Completed"}}
	phase := "Succeeded"
	switch outcome {
	case "hangs":
		phase, state = "Pending", map[string]any{"waiting": map[string]any{"reason": "ErrImagePull", "message": "no such image"}}
	case "fails":
		phase, state = "Failed", map[string]any{"terminated": map[string]any{"exitCode": 3, "reason": "Error"}}
	}
	return map[string]any{"phase": phase, "containerStatuses": []any{map[string]any{"name": "main", "image": "example.com/main:1", "state": state}}}
}

// remove removes an object and what it made. Finalizers hold it.
func (s *Server) remove(at place, object map[string]any) {
	meta, _ := object["metadata"].(map[string]any)
	if held, _ := meta["finalizers"].([]any); len(held) > 0 {
		s.version++
		meta["deletionTimestamp"], meta["resourceVersion"] = time.Now().UTC().Format(time.RFC3339), strconv.Itoa(s.version)
		return
	}
	s.version++
	delete(s.objects, at.path())
	if at.kind == "Job" {
		base := strings.Replace(strings.TrimSuffix(at.collection, "/jobs"), "/apis/batch/v1", "/api/v1", 1)
		delete(s.objects, base+"/pods/"+at.name+"-x1y2z")
	}
}

func (s *Server) get(w http.ResponseWriter, at place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	object := s.objects[at.path()]
	if object == nil {
		refuse(w, notFound(at))
		return
	}
	reply(w, http.StatusOK, object)
}

// matching gives the objects of a collection that a request selects, by path.
func (s *Server) matching(r *http.Request, at place) map[string]map[string]any {
	out := map[string]map[string]any{}
	for path, object := range s.objects {
		name, ok := strings.CutPrefix(path, at.collection+"/")
		if !ok || strings.Contains(name, "/") {
			continue
		}
		meta, _ := object["metadata"].(map[string]any)
		labels, _ := meta["labels"].(map[string]any)
		fits := true
		for want := range strings.SplitSeq(r.URL.Query().Get("labelSelector"), ",") {
			key, value, ok := strings.Cut(want, "=")
			if ok && fmt.Sprint(labels[key]) != strings.TrimPrefix(value, "=") {
				fits = false
			}
		}
		if want, ok := strings.CutPrefix(r.URL.Query().Get("fieldSelector"), "metadata.name="); ok && want != name {
			fits = false
		}
		if fits {
			out[path] = object
		}
	}
	return out
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, at place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.matching(r, at)
	items := make([]any, 0, len(found))
	for _, path := range slices.Sorted(maps.Keys(found)) {
		items = append(items, found[path])
	}
	reply(w, http.StatusOK, map[string]any{
		"kind": at.kind + "List", "apiVersion": at.apiVersion, "items": items,
		"metadata": map[string]any{"resourceVersion": strconv.Itoa(s.version)},
	})
}

// watch sends what is new until the client goes. It does not send what was
// there before, as watch lists do.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, at place) {
	if r.URL.Query().Get("sendInitialEvents") == "true" {
		refuse(w, &Refusal{Code: http.StatusUnprocessableEntity, Reason: "Invalid", Message: "sendInitialEvents is forbidden"})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	flusher, _ := w.(http.Flusher)
	flusher.Flush()
	seen := map[string]any{}
	since, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	encoder := json.NewEncoder(w)
	for first := true; r.Context().Err() == nil; first = false {
		s.mu.Lock()
		now := s.matching(r, at)
		for path, object := range now {
			meta, _ := object["metadata"].(map[string]any)
			version, _ := strconv.Atoi(fmt.Sprint(meta["resourceVersion"]))
			if seen[path] != meta["resourceVersion"] && (!first || version > since) {
				_ = encoder.Encode(map[string]any{"type": "MODIFIED", "object": object}) // the client is gone
			}
			seen[path] = meta["resourceVersion"]
		}
		s.mu.Unlock()
		flusher.Flush()
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *Server) log(w http.ResponseWriter, at place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	meta, _ := s.objects[at.path()]["metadata"].(map[string]any)
	annotations, _ := meta["annotations"].(map[string]any)
	text, _ := annotations[Prints].(string)
	_, _ = w.Write([]byte(text)) // the client is gone
}
