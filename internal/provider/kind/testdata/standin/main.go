// The stand-in plays kind and docker, under their names, for tests. What the
// two share is a folder, as the real ones share Docker: a file for each
// container, that holds its cluster's name. It is a program of its own, since
// the test binary takes long to start with the race detector in it.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	standInDir   = "KIND_TEST_DIR"
	standInPause = "KIND_TEST_PAUSE" // milliseconds of each step of create
	clusterLabel = "io.x-k8s.kind.cluster"
)

func main() {
	if filepath.Base(os.Args[0]) == "kind" {
		os.Exit(playKind(os.Args[1:]))
	}
	os.Exit(playDocker(os.Args[1:]))
}

// broken tells whether a step fails now, and counts it.
func broken(step string) bool {
	path := filepath.Join(os.Getenv(standInDir), "fault-"+step)
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	count, output, _ := strings.Cut(string(text), "\n")
	left, _ := strconv.Atoi(count)
	if left == 0 {
		return false
	}
	_ = os.WriteFile(path, []byte(strconv.Itoa(left-1)+"\n"+output), 0o600)
	fmt.Fprintln(os.Stderr, output)
	return true
}

// called notes a command line down, for tests to see.
func called(program string, args []string) {
	f, err := os.OpenFile(filepath.Join(os.Getenv(standInDir), "calls"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, _ = fmt.Fprintln(f, program, strings.Join(args, " "))
		_ = f.Close()
	}
}

// containerFiles gives the files of a cluster's containers; "" means of all.
func containerFiles(cluster string) []string {
	paths, _ := filepath.Glob(filepath.Join(os.Getenv(standInDir), "container-*"))
	return slices.DeleteFunc(paths, func(path string) bool {
		text, err := os.ReadFile(path)
		return err != nil || cluster != "" && string(text) != cluster
	})
}

func clusters() []string {
	var out []string
	for _, path := range containerFiles("") {
		if text, err := os.ReadFile(path); err == nil {
			out = append(out, string(text))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func flag(args []string, name string) string {
	if at := slices.Index(args, name); at >= 0 && at+1 < len(args) {
		return args[at+1]
	}
	return ""
}

func playKind(args []string) int {
	called("kind", args)
	if os.Getenv("KIND_EXPERIMENTAL_PROVIDER") != "docker" {
		fmt.Fprintln(os.Stderr, "another engine might be taken")
		return 1
	}
	name := flag(args, "--name")
	switch strings.Join(args[:min(2, len(args))], " ") {
	case "version":
		fmt.Println("kind v0.33.0 go1.26.8 linux/amd64")
	case "get clusters":
		if broken("list") {
			return 1
		}
		if all := clusters(); len(all) > 0 {
			fmt.Println(strings.Join(all, "\n"))
		} else {
			fmt.Fprintln(os.Stderr, "No kind clusters found.")
		}
	case "create cluster":
		return playCreate(name, args)
	case "load docker-image":
		if broken("load") {
			return 1
		}
		fmt.Fprintf(os.Stderr, "Image: %q not yet present on node, loading...\n", args[len(args)-1])
	case "delete cluster":
		if broken("delete") {
			return 1
		}
		for _, path := range containerFiles(name) {
			_ = os.Remove(path)
		}
	default:
		return 2
	}
	return 0
}

// playCreate goes the way of `kind create cluster`, with a step for each line
// that it prints.
func playCreate(name string, args []string) int {
	pause, _ := strconv.Atoi(os.Getenv(standInPause))
	if len(containerFiles(name)) > 0 {
		fmt.Fprintf(os.Stderr, "ERROR: failed to create cluster: node(s) already exist for a cluster with the name %q\n", name)
		return 1
	}
	config, err := os.ReadFile(flag(args, "--config"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "Creating cluster %q ...\n", name)
	for _, step := range []string{"image", "nodes", "config", "start", "cni", "storage"} {
		fmt.Fprintf(os.Stderr, " • %s  ...\n", step)
		time.Sleep(time.Duration(pause) * time.Millisecond)
		if step == "nodes" {
			for i := range strings.Count(string(config), "role:") {
				node := filepath.Join(os.Getenv(standInDir), fmt.Sprintf("container-%s-%d", name, i))
				if err := os.WriteFile(node, []byte(name), 0o600); err != nil {
					return 1
				}
			}
		}
		if broken(step) {
			return 1
		}
		fmt.Fprintf(os.Stderr, " ✓ %s\n", step)
	}
	kubeconfig := flag(args, "--kubeconfig")
	if kubeconfig == "" || kubeconfig != os.Getenv("KUBECONFIG") {
		fmt.Fprintln(os.Stderr, "the user's own kubeconfig would be written")
		return 1
	}
	if err := os.WriteFile(kubeconfig, []byte("context: kind-"+name+"\nimage: "+flag(args, "--image")+"\n"), 0o600); err != nil {
		return 1
	}
	fmt.Fprintf(os.Stderr, "Set kubectl context to \"kind-%s\"\n", name)
	return 0
}

func playDocker(args []string) int {
	called("docker", args)
	if broken("docker") {
		return 1
	}
	switch args[0] {
	case "ps":
		name := strings.TrimPrefix(flag(args, "--filter"), "label="+clusterLabel+"=")
		for _, path := range containerFiles(name) {
			fmt.Println(filepath.Base(path))
		}
	case "rm":
		if broken("rm") {
			return 1
		}
		for _, id := range args[3:] {
			_ = os.Remove(filepath.Join(os.Getenv(standInDir), id))
		}
	case "logs":
		fmt.Println("kubelet: it cannot start")
	case "cp":
		if broken("cp") {
			return 1
		}
	default:
		return 2
	}
	return 0
}
