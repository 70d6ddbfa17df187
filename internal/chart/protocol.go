package chart

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"io"
	"time"
)

// Parent and worker exchange frames: four bytes of length, big-endian, then
// one gob stream. Each frame stands alone, so that a damaged one cannot
// confuse the next.

// maxFrame bounds a frame in bytes; the chart itself is the largest.
const maxFrame = 512 << 20

type wireFile struct {
	Name string
	Data []byte
}

// wireInit is the first frame: the chart and the limits.
type wireInit struct {
	Files       []wireFile
	Dir         string // the chart on disk, for lint rules that read it
	Timeout     time.Duration
	MemoryLimit int64
	OutputLimit int64
}

// wireRequest asks for one render, with a lint of what comes out if wanted. Values and APIs are sent once and
// referred to by digest afterwards.
type wireRequest struct {
	Lint         bool // lint, too; the render is then always a fresh one
	LintStatic   bool // the rules that do not depend on values
	Plain        bool // render with Helm's own capabilities; nothing is recorded
	Fresh        bool // forget earlier runs of these values
	ValuesDigest string
	Values       []byte
	Release      string
	Namespace    string
	KubeVersion  string
	APIDigest    string
	APIVersions  []string
	Upgrade      bool
	Timeout      time.Duration // zero: that of wireInit
}

// wireReply is the answer. A reused run brings only the texts that differ from
// those sent with the run.
type wireReply struct {
	Run      int  // identifies the run within the worker
	Reused   bool // the answer is that of the run, but for Texts and Notes
	Sharable bool // other versions may reuse the run
	Texts    []wireText
	Notes    string
	Failure  *Failure
	Lint     []LintMessage
	Err      string // the worker could not ask
	Fatal    bool   // the worker ends after this frame
	// At makes the frame no answer but a sign of life: the template at work. A
	// worker that cannot even say why it must end has said where it was.
	At string
}

// late tells whether the render took longer than it may.
func (w wireReply) late() bool { return w.Failure != nil && w.Failure.Kind == Timeout }

type wireText struct {
	Template string
	Text     string
}

func writeFrame(w io.Writer, v any) error {
	var b bytes.Buffer
	b.Write(make([]byte, 4))
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		return err
	}
	if b.Len()-4 > maxFrame {
		return fmt.Errorf("a message of %d MiB to the worker is larger than %d MiB", b.Len()>>20, maxFrame>>20)
	}
	binary.BigEndian.PutUint32(b.Bytes(), uint32(b.Len()-4))
	_, err := w.Write(b.Bytes())
	return err
}

func readFrame(r io.Reader, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrame {
		return fmt.Errorf("a message of %d MiB is larger than %d MiB", n>>20, maxFrame>>20)
	}
	var b bytes.Buffer
	// Most messages fit; a length that lies must not take the memory at once.
	b.Grow(int(min(n, 4<<20)))
	if _, err := io.CopyN(&b, r, int64(n)); err != nil {
		return fmt.Errorf("message cut short: %w", err)
	}
	if err := gob.NewDecoder(&b).Decode(v); err != nil {
		return fmt.Errorf("damaged message: %w", err)
	}
	return nil
}
