package layer

import (
	"slices"
	"testing"
)

func TestParseUnitCommand(t *testing.T) {
	for _, tt := range []struct {
		text  string
		argv  []string // nil: left to a shell
		files []string
	}{
		{`helm unittest "$CHART"`, []string{"helm", "unittest", "/charts/a b"}, nil},
		{"  helm unittest --strict $CHART\n", []string{"helm", "unittest", "--strict", "/charts/a", "b"}, nil},
		{"/opt/helm unittest .", []string{"/opt/helm", "unittest", "."}, nil},
		{"untt --strict .", []string{"untt", "--strict", "."}, nil},
		{"helm unittest -f 'tests/*.yaml' --file=a,b .", []string{"helm", "unittest", "."}, []string{"tests/*.yaml", "a", "b"}},
		{"helm unittest -t JUnit -o x.xml --output-type=XUnit --output-file y.xml .", []string{"helm", "unittest", "."}, nil},
		{"helm unittest . -f", []string{"helm", "unittest", "."}, []string{""}},
		{"helm unittest . && helm unittest b", nil, nil},
		{"helm unittest $(ls)", nil, nil},
		{"cd x\nhelm unittest .", nil, nil},
		{"helm lint .", nil, nil},
		{"make unit", nil, nil},
		{"'", nil, nil},
		{"", nil, nil},
	} {
		got := parseUnitCommand(tt.text, "/charts/a b")
		argv := tt.argv
		if argv == nil {
			argv = []string{"bash", "-e", "-c", tt.text}
		}
		if !slices.Equal(got.argv, argv) || !slices.Equal(got.files, tt.files) || got.known != (tt.argv != nil) {
			t.Errorf("%q: got %q, files %q, known %t", tt.text, got.argv, got.files, got.known)
		}
	}
}

func FuzzParseUnitCommand(f *testing.F) {
	for _, s := range []string{"helm unittest -f 'a*' $CHART", "untt", "${x:=", "helm unittest -f", "a\x00b", "((("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := parseUnitCommand(text, "/chart"); len(got.argv) == 0 {
			t.Errorf("%q: nothing to run", text)
		}
	})
}

func TestShard(t *testing.T) {
	for _, tt := range []struct {
		files []string
		n     int
		want  [][]string
	}{
		{nil, 2, nil},
		{[]string{"a"}, 4, [][]string{{"a"}}},
		{[]string{"a", "b", "c"}, 2, [][]string{{"a", "c"}, {"b"}}},
		{[]string{"a", "b", "c"}, 1, [][]string{{"a", "b", "c"}}},
	} {
		if got := shard(tt.files, tt.n); !slices.EqualFunc(got, tt.want, slices.Equal[[]string]) {
			t.Errorf("%q among %d: got %q, want %q", tt.files, tt.n, got, tt.want)
		}
	}
}
