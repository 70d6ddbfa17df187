// Package config reads .chart-matrix.yaml.
//
// One table (table.go) says which keys there are, what may stand under each and
// what it means. The decoder, the published JSON Schema and the reference in
// docs/configuration.md all follow it, so they cannot drift apart.
//
// Reading goes in three steps: bytes become a tree with positions (syntax.go,
// tree.go), the tree is checked against the table (shape.go), and what is left
// is given its meaning, section by section. Every step reports all that it
// finds, so that one run shows every mistake of a file.
package config

//go:generate go test -run TestPublished -update .
