package kind

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
)

// helperVariable makes the test binary a process that brings a cluster up: its
// value is the request.
const helperVariable = "KIND_TEST_HELPER"

func helper() int {
	var r provider.Request
	if err := json.Unmarshal([]byte(os.Getenv(helperVariable)), &r); err != nil {
		return 2
	}
	r.Log = os.Stdout
	if _, err := (&Provider{Booted: playBooted}).Up(context.Background(), r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestDownAfterKill: a process that is killed in the middle of Up leaves a kind
// command behind that goes on making the cluster. Down, in another process,
// ends it and removes what it made, at whatever stage.
func TestDownAfterKill(t *testing.T) {
	standIns(t)
	t.Setenv(standInPause, "60")
	for stage := 0; stage <= 13; stage += 2 {
		t.Run(fmt.Sprintf("line %d", stage), func(t *testing.T) {
			r := newer(t, -1)
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), helperVariable+"="+string(text))
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			for range stage {
				if !lines.Scan() {
					break
				}
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if err := (&Provider{settle: 50 * time.Millisecond}).Down(t.Context(), r.Ref); err != nil {
				t.Error(err)
			}
			time.Sleep(100 * time.Millisecond) // what lived on would make the nodes now
			if left := clusters(); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			for pid, argv := range processes(t.Context()) {
				if makes(argv, r.Ref.Name) {
					t.Errorf("%d still runs: %v", pid, argv)
				}
			}
		})
	}
}

func TestMakes(t *testing.T) {
	for _, c := range []struct {
		line string
		want bool
	}{
		{"/usr/bin/kind create cluster --name a --image x", true},
		{"kind load docker-image --name a app:1", true},
		{"kind create cluster --name ab", false},
		{"kind delete cluster --name a", false},
		{"kind create cluster --name", false},
		{"mankind create cluster --name a", false},
		{"sh -c kind create cluster --name a", false},
		{"kind", false},
	} {
		if got := makes(strings.Fields(c.line), "a"); got != c.want {
			t.Errorf("%q: %t", c.line, got)
		}
	}
}

func TestProcessesFindThisOne(t *testing.T) {
	for name, list := range map[string]map[int][]string{"/proc": processes(t.Context()), "ps": psProcesses(t.Context())} {
		if name == "ps" && len(list) == 0 {
			continue // it is not installed everywhere
		}
		if argv := list[os.Getpid()]; len(argv) == 0 || argv[0] != os.Args[0] {
			t.Errorf("%s: this process is %q", name, argv)
		}
	}
}
