package layer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The test binary plays helm-unittest: what a suite does is written in its
// file. "play: broken" cannot be run, "play: fail" has a test that fails,
// "play: silent" ends badly without a word in the report, and the rest passes.
// The folder of $PLAY_LOG gets a file for each call, with its arguments.

func playUnittest(name string, args []string) int {
	if os.Getenv("PLAY_NO_PLUGIN") != "" {
		fmt.Fprintln(os.Stderr, `Error: unknown command "unittest" for "helm"`)
		return 1
	}
	if name == "helm" {
		args = args[1:] // "unittest"
	}
	if slices.Contains(args, "--help") {
		return 0
	}
	var files []string
	report, dir := "", ""
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "--file":
			i++
			files = append(files, args[i])
		case "--output-file":
			i++
			report = args[i]
		case "--output-type":
			i++
		case "--strict":
		default:
			dir = args[i]
		}
	}
	if log := os.Getenv("PLAY_LOG"); log != "" {
		entry := filepath.Join(log, fmt.Sprint(os.Getpid()))
		if err := os.WriteFile(entry, []byte(strings.Join(args, " ")), 0o600); err != nil {
			return 98
		}
	}
	return playSuites(dir, files, report)
}

func playSuites(dir string, files []string, report string) int {
	var xml strings.Builder
	code := 0
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 97
		}
		fmt.Fprintf(&xml, "<testsuite name=%q file=%q>\n", f, f)
		switch play := strings.TrimSpace(strings.TrimPrefix(string(data), "suite: x\nplay:")); play {
		case "broken":
			fmt.Printf("### Chart [ demo ] %s\n\n### Error:  no asserts found\n\nCharts: 1 failed\n", dir)
			return 1
		case "fail":
			code = 1
			xml.WriteString("<testcase name=\"replicas\" time=\"0.25\"><failure message=\"Failed\">" + playFailure + "</failure></testcase>\n")
		case "error":
			code = 1
			xml.WriteString("<testcase name=\"replicas\"><error>template: no such thing</error></testcase>\n")
		case "silent":
			code = 1
			fmt.Fprintln(os.Stderr, "snapshots are stale")
		}
		xml.WriteString("<testcase name=\"renders\" time=\"0.5\"/>\n<testcase name=\"later\"><skipped message=\"not yet\"/></testcase>\n</testsuite>\n")
	}
	if err := os.WriteFile(report, []byte("<testsuites>\n"+xml.String()+"</testsuites>\n"), 0o600); err != nil {
		return 98
	}
	return code
}

// playFailure is one in the words and the form of helm-unittest.
const playFailure = " - asserts[0] `isKind` fail , - asserts[1] `equal` fail , Template:demo/templates/a.yaml , DocumentIndex:0 , Path:spec.replicas , Expected to equal: , 3 , Actual: , 2 ,"
