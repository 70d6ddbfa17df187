package workflows

import (
	"strings"
	"testing"
)

// good is a workflow that every rule takes.
const good = `on: push
permissions: {}
concurrency: {group: x, cancel-in-progress: false}
jobs:
  a:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions: {contents: read}
    strategy: {fail-fast: false, matrix: {x: [1]}}
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with: {persist-credentials: false}
      - run: echo "$TITLE"
        env: {TITLE: "${{ github.event.pull_request.title }}"}
  b:
    permissions: {contents: read}
    uses: ./.github/workflows/b.yml
`

// goodAction is an action that every rule takes.
const goodAction = `name: x
description: x
inputs:
  a: {description: x}
outputs:
  o: {description: x, value: "${{ steps.s.outputs.o }}"}
runs:
  using: composite
  steps:
    - id: s
      shell: bash
      env: {A: "${{ inputs.a }}"}
      run: echo "$A"
    - uses: ./b
`

// Every rule finds what it is for, in a file that is right but for one thing.
func TestRulesFindFaults(t *testing.T) {
	const sha = "3d3c42e5aac5ba805825da76410c181273ba90b1"
	tests := []struct {
		rule     string
		old, new string
		action   bool
		want     string
	}{
		{rule: "pinned", old: "@" + sha, new: "@v7", want: ":11: actions/checkout@v7 is not pinned"},
		{rule: "pinned", old: "@" + sha, new: "@" + sha[:12], want: "is not pinned"},
		{rule: "pinned", old: " # v7.0.1", new: "", want: ":11: actions/checkout@" + sha + " lacks a comment"},
		{rule: "pinned", old: " # v7.0.1", new: " # v7", want: "lacks a comment"},
		{rule: "pinned", old: "./.github/workflows/b.yml", new: "o/r/.github/workflows/b.yml@main", want: "is not pinned"},
		{rule: "pinned", old: "- uses: ./b", new: "- uses: docker://alpine:3", action: true, want: ":14: docker://alpine:3 is not pinned"},
		{rule: "pinned", old: "- uses: ./b", new: "- uses: $/b", action: true, want: "is not pinned"}, // runners before 2.336.0
		{rule: "permissions", old: "permissions: {}\n", new: "", want: ":1: the workflow has no permissions"},
		{rule: "permissions", old: "permissions: {}\n", new: "permissions: read-all\n", want: ":2: permissions: read-all at the top"},
		{rule: "permissions", old: "permissions: {}\n", new: "permissions: {issues: write}\n", want: ":2: issues: write at the top"},
		{rule: "permissions", old: "    permissions: {contents: read}\n    strategy", new: "    strategy", want: "job a does not say its permissions"},
		{rule: "permissions", old: "    permissions: {contents: read}\n    uses", new: "    uses", want: "job b does not say its permissions"},
		{rule: "permissions", old: "    permissions: {contents: read}\n    strategy", new: "    permissions: write-all\n    strategy", want: "job a has permissions: write-all"},
		{rule: "permissions", old: "    permissions: {contents: read}\n    strategy", new: "    permissions: {contents: write}\n    strategy", want: "job a has contents: write"},
		{rule: "scripts", old: `"$TITLE"`, new: `"${{ github.event.pull_request.title }}"`, want: ":13: a script contains an expression"},
		{rule: "scripts", old: `"$TITLE"`, new: `"${{ github.head_ref }}"`, want: "a script contains an expression"},
		{rule: "scripts", old: `"$TITLE"`, new: `"${{ matrix.x }}"`, want: "a script contains an expression"},
		{rule: "scripts", old: "persist-credentials: false", new: `persist-credentials: false, script: "${{ needs.a.outputs.o }}"`, want: "a script contains an expression"},
		{rule: "scripts", old: `"$A"`, new: `"${{ inputs.a }}"`, action: true, want: ":10: a script contains an expression"},
		{rule: "scripts", old: "shell: bash", new: "shell: sh", action: true, want: ":10: a script of an action must say shell: bash"},
		{rule: "checkout", old: "persist-credentials: false", new: "fetch-depth: 2", want: ":11: actions/checkout without persist-credentials"},
		{rule: "checkout", old: "persist-credentials: false", new: "persist-credentials: true", want: "actions/checkout without persist-credentials"},
		{rule: "checkout", old: "persist-credentials: false", new: `persist-credentials: false, ref: "${{ github.event.pull_request.head.sha }}"`, want: "which whoever opened the pull request chose"},
		{rule: "checkout", old: "persist-credentials: false", new: "persist-credentials: false, allow-unsafe-pr-checkout: true", want: "allow-unsafe-pr-checkout"},
		{rule: "timeout", old: "    timeout-minutes: 5\n", new: "", want: "job a has no timeout-minutes"},
		{rule: "trigger", old: "on: push", new: "on: pull_request_target", want: "pull_request_target"},
		{rule: "secrets", old: "b.yml\n", new: "b.yml\n    secrets: inherit\n", want: "job b hands on all secrets"},
		{rule: "matrix", old: "fail-fast: false, ", new: "", want: "job a has a matrix without fail-fast: false"},
		{rule: "matrix", old: "fail-fast: false", new: "fail-fast: true", want: "job a has a matrix without fail-fast: false"},
		{rule: "concurrency", old: "cancel-in-progress: false", new: "cancel-in-progress: true", want: ":3: cancel-in-progress on events other than pull_request"},
		{rule: "interface", old: "inputs.a", new: "inputs.b", action: true, want: ":12: there is no input b"},
		{rule: "interface", old: "a: {description: x}\n", new: "a: {description: x}\n  c: {description: x}\n", action: true, want: "input c is not used"},
		{rule: "interface", old: "a: {description: x}", new: "a: {}", action: true, want: "input a has no description"},
		{rule: "interface", old: "steps.s.", new: "steps.other.", action: true, want: ":6: there is no step other"},
	}
	seen := map[string]bool{}
	for _, test := range tests {
		seen[test.rule] = true
		path, text := "w.yml", good
		if test.action {
			path, text = "action.yml", goodAction
		}
		if !strings.Contains(text, test.old) {
			t.Fatalf("%q is not in %s", test.old, path)
		}
		f, err := parse(path, []byte(strings.Replace(text, test.old, test.new, 1)))
		if err != nil {
			t.Errorf("%s: %v", test.new, err)
			continue
		}
		got := problems(f)
		found := false
		for _, p := range got {
			found = found || strings.Contains(p, test.want) && strings.HasSuffix(p, "["+test.rule+"]")
			if !strings.HasSuffix(p, "["+test.rule+"]") && test.new != "inputs.b" {
				t.Errorf("%q: another rule speaks, too: %s", test.new, p)
			}
		}
		if !found {
			t.Errorf("%q instead of %q: got %q; expected %q", test.new, test.old, got, test.want)
		}
	}
	for _, r := range rules {
		if !seen[r.name] {
			t.Errorf("rule %s has no bad example", r.name)
		}
	}
}

func TestRulesTakeWhatIsRight(t *testing.T) {
	for path, text := range map[string]string{"w.yml": good, "action.yml": goodAction} {
		f, err := parse(path, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := problems(f); len(got) > 0 {
			t.Errorf("%s: %q", path, got)
		}
	}
}
