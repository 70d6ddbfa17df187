package chart

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Override is a key that several layers set.
type Override struct {
	Path string    // "clickhouse.persistence.size"; a dot inside a key is written \.
	Set  []Setting // in the order in which they were applied; the last one holds
}

// Setting is what one layer set a key to.
type Setting struct {
	Source string // of the layer
	Axis   string // of the layer
	Origin string // the file, or `--set key=value`
	Value  string // as JSON
}

// overrideLog notes every leaf that a layer sets, in order.
type overrideLog struct {
	settings map[string][]Setting
}

func (o *overrideLog) set(l ValueLayer, flag, text string, into map[string]any, parse func(string, map[string]any) error) (err error) {
	defer func() { // strvals indexes lists without checking every bound
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %s %s: %v", l.what(), flag, shorten(text, 200), r)
		}
	}()
	if err := parse(text, into); err != nil {
		return fmt.Errorf("%s: %s %s: %w; expected key=value, as `helm %s` takes it", l.what(), flag, shorten(text, 200), err, flag)
	}
	alone := map[string]any{}
	if err := parse(text, alone); err == nil {
		o.add(l, flag+" "+text, alone)
	}
	return nil
}

func (o *overrideLog) add(l ValueLayer, origin string, m map[string]any) {
	if o.settings == nil {
		o.settings = map[string][]Setting{}
	}
	o.leaves(l, origin, "", m)
}

func (o *overrideLog) leaves(l ValueLayer, origin, prefix string, m map[string]any) {
	for k, v := range m {
		path := prefix + strings.ReplaceAll(k, ".", `\.`)
		if table, ok := v.(map[string]any); ok && len(table) > 0 {
			o.leaves(l, origin, path+".", table)
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			text = fmt.Appendf(nil, "%q", fmt.Sprint(v))
		}
		o.settings[path] = append(o.settings[path], Setting{Source: l.Source, Axis: l.Axis, Origin: origin, Value: string(text)})
	}
}

// report returns the leaves that were set more than once, and of them those
// where two different axes disagree.
func (o *overrideLog) report() (overrides, conflicts []Override) {
	for path, set := range o.settings {
		if len(set) < 2 {
			continue
		}
		ov := Override{Path: path, Set: set}
		overrides = append(overrides, ov)
		if disagree(set) {
			conflicts = append(conflicts, ov)
		}
	}
	byPath := func(a, b Override) int { return strings.Compare(a.Path, b.Path) }
	slices.SortFunc(overrides, byPath)
	slices.SortFunc(conflicts, byPath)
	return overrides, conflicts
}

func disagree(set []Setting) bool {
	for i, a := range set {
		for _, b := range set[i+1:] {
			if a.Axis != "" && b.Axis != "" && a.Axis != b.Axis && a.Value != b.Value {
				return true
			}
		}
	}
	return false
}
