package chart

import (
	"bytes"
	"strings"
	"testing"
)

func TestSplitDocuments(t *testing.T) {
	tests := []struct {
		name, text string
		want       []Document // Text and Line
	}{
		{"one", "a: 1\n", []Document{{Text: "a: 1", Line: 1}}},
		{"leading separator", "---\na: 1\n", []Document{{Text: "a: 1", Line: 2}}},
		{"two", "a: 1\n---\nb: 1\n", []Document{{Text: "a: 1", Line: 1}, {Text: "b: 1", Line: 3}}},
		{"text behind the separator", "a: 1\n--- b: 1\n", []Document{{Text: "a: 1", Line: 1}, {Text: "b: 1", Line: 2}}},
		{"text at the separator", "---a: 1\n", []Document{{Text: "a: 1", Line: 1}}},
		{"comments only", "# Source\n---\n\n  # more\n---\na: 1", []Document{{Text: "a: 1", Line: 6}}},
		{"empty", "\n\n \n", nil},
		{"separator inside a block", "a: |\n  ---\n  x\n", []Document{{Text: "a: |\n  ---\n  x", Line: 1}}},
		{"blank lines first", "\n\n\na: 1\n", []Document{{Text: "a: 1", Line: 4}}},
		{"indented first line", "\n  a: 1\n  b: 2\n", []Document{{Text: "  a: 1\n  b: 2", Line: 2}}},
		{"windows lines", "a: 1\r\n---\r\nb: 1\r\n", []Document{{Text: "a: 1", Line: 1}, {Text: "b: 1", Line: 3}}},
		{"hook", "metadata:\n  annotations:\n    \"helm.sh/hook\": pre-install,pre-upgrade\n", []Document{{Text: "metadata:\n  annotations:\n    \"helm.sh/hook\": pre-install,pre-upgrade", Line: 1, Hook: "pre-install,pre-upgrade"}}},
		{"ends in a separator", "a: 1\n---", []Document{{Text: "a: 1", Line: 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := splitDocuments("t.yaml", tt.text)
			if len(got) != len(tt.want) {
				t.Fatalf("%d documents, want %d: %+v", len(got), len(tt.want), got)
			}
			for i, w := range tt.want {
				if got[i].Text != w.Text || got[i].Line != w.Line || got[i].Hook != w.Hook || got[i].Index != i {
					t.Errorf("document %d: %q in line %d, hook %q; want %q in line %d, hook %q", i, got[i].Text, got[i].Line, got[i].Hook, w.Text, w.Line, w.Hook)
				}
			}
		})
	}
}

func FuzzSplitDocuments(f *testing.F) {
	f.Add("a: 1\n---\nb: 1\n")
	f.Add("--- \t---\n---")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		last := 0
		for _, d := range splitDocuments("t", text) {
			if d.Line < 1 || d.Line > len(lines) || d.Line < last {
				t.Fatalf("line %d of %d", d.Line, len(lines))
			}
			last = d.Line
			first, _, _ := strings.Cut(d.Text, "\n")
			if !strings.Contains(lines[d.Line-1], first) {
				t.Fatalf("line %d is %q, the document begins %q", d.Line, lines[d.Line-1], first)
			}
		}
	})
}

func TestParseFailure(t *testing.T) {
	tests := []struct {
		name, raw string
		want      Failure
	}{
		{"parse", `parse error at (demo/templates/a.yaml:3): unclosed action`, Failure{Kind: TemplateParse, Template: "demo/templates/a.yaml", Line: 3, Message: "unclosed action"}},
		{"required", `execution error at (demo/templates/a.yaml:2:4): need x`, Failure{Kind: TemplateExec, Template: "demo/templates/a.yaml", Line: 2, Column: 5, Message: "need x"}},
		{"chain", "demo/templates/a.yaml:1:3\n  executing \"demo/templates/a.yaml\" at <include \"h\" .>:\n    error calling include:\ndemo/templates/_h.tpl:7:9\n  executing \"h\" at <.Values.a.b>:\n    nil pointer evaluating interface {}.b",
			Failure{Kind: TemplateExec, Template: "demo/templates/_h.tpl", Line: 7, Column: 10, Message: "nil pointer evaluating interface {}.b"}},
		{"unknown", "something else", Failure{Kind: TemplateExec, Message: "something else"}},
		{"empty", "", Failure{Kind: TemplateExec}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := *parseFailure(tt.raw)
			tt.want.Raw = tt.raw
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func FuzzParseFailure(f *testing.F) {
	f.Add("execution error at (a:1:2): x")
	f.Add("a.yaml:99999999999999999999:1\n")
	f.Fuzz(func(t *testing.T, raw string) {
		got := parseFailure(raw)
		if got.Line < 0 || got.Column < 0 || len(got.Raw) > maxRaw+3 {
			t.Errorf("%+v", got)
		}
		_ = got.Error()
	})
}

func FuzzReadFrame(f *testing.F) {
	var b bytes.Buffer
	if err := writeFrame(&b, wireReply{Run: 1, Texts: []wireText{{"a", "b"}}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(_ *testing.T, data []byte) {
		var reply wireReply
		_ = readFrame(bytes.NewReader(data), &reply)
		var req wireRequest
		_ = readFrame(bytes.NewReader(data), &req)
	})
}

func TestFrames(t *testing.T) {
	var b bytes.Buffer
	want := wireRequest{Values: []byte{1, 2}, Release: "r", APIVersions: []string{"v1"}, Upgrade: true}
	if err := writeFrame(&b, want); err != nil {
		t.Fatal(err)
	}
	short := b.Bytes()[:b.Len()-1]
	var got wireRequest
	if err := readFrame(bytes.NewReader(short), &got); err == nil {
		t.Error("a frame that is cut short gives no error")
	}
	if err := readFrame(&b, &got); err != nil || got.Release != "r" || !got.Upgrade {
		t.Errorf("read %+v, %v", got, err)
	}
}
