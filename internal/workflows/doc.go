// Package workflows holds what is demanded of the workflows and actions of this
// repository, beyond what actionlint finds: every action of others is pinned by
// its commit, permissions are as small as can be, and no text of others gets
// into a script.
package workflows
